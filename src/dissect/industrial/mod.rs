//! Plants, grids, buildings, vehicles, hospitals.

pub mod grid;
pub mod medical;
pub mod modbus;
pub mod osi;
pub mod small;

use super::Protocol;

/// The family.
pub(super) static PROTOCOLS: &[&Protocol] = &[
    &modbus::UMAS,
    &modbus::MODBUS,
    &grid::DNP3,
    &grid::IEC104,
    &grid::PHASOR,
    &grid::DLMS,
    &grid::C1222,
    &osi::S7,
    &osi::S7_PLUS,
    &osi::MMS,
    &small::ENIP,
    &small::CIP,
    &small::BACNET,
    &small::OPC_UA,
    &small::PROFINET,
    &small::FINS,
    &small::HART,
    &small::KNX,
    &small::ADS,
    &small::SBUS,
    &small::SIO,
    &small::CNP,
    &small::ATG,
    &small::CAN,
    &small::EGD,
    &small::TRDP,
    &small::HISLIP,
    &medical::DICOM,
    &medical::HL7,
];
