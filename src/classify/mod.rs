//! From what was seen to a label: the apps that host names belong to.

pub mod apps;
