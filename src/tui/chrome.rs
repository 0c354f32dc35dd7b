//! What stands around the panes: header, tabs, timeline, footer, messages.

pub mod footer;
pub mod header;
pub mod tabs;
pub mod timeline;
