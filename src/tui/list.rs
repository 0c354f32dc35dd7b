//! A cursor in a list that changes under it: it stays with its row's identity, not with its place.

/// Where the cursor is and what of the list is shown.
#[derive(Debug, Clone, Copy, Default)]
pub struct List {
    /// Place of the cursor.
    pub cursor: usize,
    /// First row shown.
    pub top: usize,
    /// Rows that there is room for, as of the last layout.
    pub page: usize,
    /// Identity of the row under the cursor, once the user has moved it. Before, the cursor stays at the top whatever
    /// comes there, so that a loading capture shows its largest first.
    pub key: Option<u64>,
    /// Whether the user has moved the cursor.
    pub pinned: bool,
}

impl List {
    /// Moves the cursor by so many rows.
    pub fn step(&mut self, by: isize, len: usize) {
        self.go(self.cursor.saturating_add_signed(by), len);
    }

    /// Moves the cursor to a place, cut to the list.
    pub fn go(&mut self, to: usize, len: usize) {
        self.cursor = to.min(len.saturating_sub(1));
        self.pinned = true;
        self.key = None;
    }

    /// Back to the top, and stay there.
    pub fn home(&mut self) {
        *self = Self { page: self.page, ..Self::default() };
    }

    /// Finds the cursor's row in the changed list.
    pub fn follow(&mut self, len: usize, key_at: impl Fn(usize) -> u64) {
        if let Some(key) = self.key.filter(|key| self.cursor >= len || key_at(self.cursor) != *key) {
            self.cursor = (0..len).find(|row| key_at(*row) == key).unwrap_or(self.cursor);
        }
        self.cursor = self.cursor.min(len.saturating_sub(1));
        self.key = (self.pinned && len > 0).then(|| key_at(self.cursor));
    }

    /// Scrolls so that the cursor is shown.
    pub fn arrange(&mut self, page: usize, len: usize) {
        self.page = page;
        if page > 0 {
            self.top = self.top.clamp((self.cursor + 1).saturating_sub(page), self.cursor);
            self.top = self.top.min(len.saturating_sub(page));
        }
    }

    /// The rows shown.
    #[must_use]
    pub fn shown(&self, len: usize) -> std::ops::Range<usize> {
        self.top.min(len)..self.top.saturating_add(self.page).min(len)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stays_with_its_row() {
        let mut list = List::default();
        list.follow(3, |row| [10, 20, 30][row]);
        assert_eq!((list.cursor, list.key), (0, None));
        list.step(1, 3);
        list.follow(3, |row| [10, 20, 30][row]);
        list.follow(3, |row| [20, 10, 30][row]);
        assert_eq!(list.cursor, 0);
        list.follow(2, |row| [5, 6][row]);
        assert_eq!((list.cursor, list.key), (0, Some(5)));
        list.home();
        list.follow(2, |row| [6, 5][row]);
        assert_eq!((list.cursor, list.key), (0, None));
    }

    #[test]
    fn the_cursor_is_always_shown() {
        let mut list = List::default();
        for (by, len, page) in [(5, 20, 4), (-2, 20, 4), (100, 20, 4), (0, 3, 4), (0, 0, 4), (9, 20, 0), (0, 20, 1)] {
            list.step(by, len);
            list.arrange(page, len);
            assert!(page == 0 || len == 0 || list.shown(len).contains(&list.cursor), "{list:?}");
        }
    }
}
