//! Network interfaces, as libpcap lists them.

use super::SourceError;

/// An interface of this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Device {
    /// Its name.
    pub name: String,
    /// Whether it is up.
    pub up: bool,
    /// Its addresses.
    pub addresses: Vec<std::net::IpAddr>,
}

/// All interfaces.
///
/// # Errors
/// What libpcap says.
#[cfg(feature = "live")]
pub fn list() -> Result<Vec<Device>, SourceError> {
    let devices = pcap::Device::list().map_err(|e| SourceError::Device(format!("cannot list interfaces: {e}")))?;
    let device = |d: pcap::Device| Device {
        up: d.flags.is_up(),
        addresses: d.addresses.iter().map(|a| a.addr).collect(),
        name: d.name,
    };
    Ok(devices.into_iter().map(device).collect())
}

/// Without libpcap there are none.
///
/// # Errors
/// Always.
#[cfg(not(feature = "live"))]
pub fn list() -> Result<Vec<Device>, SourceError> {
    Err(SourceError::Device("interfaces need libpcap, and this build is without it".to_owned()))
}
