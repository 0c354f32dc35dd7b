//! Who may do what: directories, tickets, accounting.

pub mod diameter;
pub mod kerberos;
pub mod ldap;
pub mod radius;
pub mod tacacs;

use super::Protocol;

/// The family.
pub(super) static PROTOCOLS: &[&Protocol] =
    &[&kerberos::KERBEROS, &ldap::LDAP, &radius::RADIUS, &diameter::DIAMETER, &tacacs::TACACS];
