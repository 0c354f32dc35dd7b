//! placeholder
/// App.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AppId(pub u16);
/// Match.
#[derive(Debug, Clone, Copy)]
pub struct AppMatch<'a> {
    /// App.
    pub app: AppId,
    /// Suffix.
    pub suffix: &'a str,
}
/// Table.
#[derive(Debug, Default)]
pub struct AppTable;
impl AppTable {
    /// Built in.
    pub fn builtin() -> &'static AppTable {
        &AppTable
    }
    /// Looks up.
    pub fn lookup<'h>(&self, _host: &'h str) -> Option<AppMatch<'h>> {
        None
    }
    /// Name.
    pub fn name(&self, _app: AppId) -> &str {
        ""
    }
    /// Category.
    pub fn category(&self, _app: AppId) -> &str {
        ""
    }
    /// By name.
    pub fn by_name(&self, _name: &str) -> Option<AppId> {
        None
    }
}
