//! Files and printers on the network.

pub mod ftp;
pub mod rpc;
pub mod small;
pub mod smb;
pub mod tftp;

use super::Protocol;

/// The family.
pub(super) static PROTOCOLS: &[&Protocol] = &[
    &ftp::FTP_CONTROL,
    &ftp::FTP_DATA,
    &tftp::TFTP,
    &smb::SMB_V1,
    &smb::SMB_V23,
    &rpc::NFS,
    &rpc::RPC,
    &small::AFP,
    &small::RSYNC,
    &small::GIT,
    &small::CEPH,
    &small::LUSTRE,
];
