//! Colours by role. A pane says what something means; the theme says how that looks, down to 16 colours and none.

use ratatui::style::{Color, Modifier, Style};

/// What a piece of text means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Ordinary text.
    Text,
    /// What the eye should find first.
    Strong,
    /// Names: clearer than ordinary text, but not loud.
    Name,
    /// Secondary text.
    Dim,
    /// Lines, empty bars, what is hardly there.
    Faint,
    /// The one accent: focus, keys, the active tab.
    Accent,
    /// Towards the client.
    Down,
    /// Towards the server.
    Up,
    /// Fine.
    Good,
    /// Worth a look.
    Warn,
    /// Stopped, failed.
    Bad,
}

/// How many colours the terminal has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    /// None: bold, dim and reverse must do.
    None,
    /// The user's own 16.
    Sixteen,
    /// The 256 of xterm.
    Indexed,
    /// 24 bits.
    True,
}

impl Depth {
    /// What the environment says about the terminal.
    #[must_use]
    pub fn of_environment() -> Self {
        let variable = |name| std::env::var(name).unwrap_or_default();
        let (colours, term) = (variable("COLORTERM"), variable("TERM"));
        match () {
            () if !variable("NO_COLOR").is_empty() || term == "dumb" => Self::None,
            () if colours.contains("truecolor") || colours.contains("24bit") => Self::True,
            () if term.contains("256color") || term.contains("kitty") || term.contains("direct") => Self::Indexed,
            () => Self::Sixteen,
        }
    }
}

/// The colours of a theme.
#[derive(Debug)]
pub struct Palette {
    /// What `--theme` calls it.
    pub name: &'static str,
    background: Color,
    text: Color,
    strong: Color,
    dim: Color,
    faint: Color,
    selection: Color,
    accent: Color,
    down: Color,
    up: Color,
    good: Color,
    warn: Color,
    bad: Color,
    /// Bars, by category.
    kinds: [Color; 6],
}

const fn rgb(hex: u32) -> Color {
    Color::Rgb((hex >> 16) as u8, (hex >> 8) as u8, hex as u8)
}

const fn palette(name: &'static str, c: [u32; 12], kinds: [u32; 6]) -> Palette {
    let [background, text, strong, dim, faint, selection, accent, down, up, good, warn, bad] = c;
    let [a, b, d, e, f, g] = kinds;
    Palette {
        name,
        background: rgb(background),
        text: rgb(text),
        strong: rgb(strong),
        dim: rgb(dim),
        faint: rgb(faint),
        selection: rgb(selection),
        accent: rgb(accent),
        down: rgb(down),
        up: rgb(up),
        good: rgb(good),
        warn: rgb(warn),
        bad: rgb(bad),
        kinds: [rgb(a), rgb(b), rgb(d), rgb(e), rgb(f), rgb(g)],
    }
}

/// All themes; the first is the default.
//  In order: background, text, strong, dim, faint, selection, accent, down, up, good, warn, bad.
#[rustfmt::skip]
pub static THEMES: [Palette; 9] = [
    palette("dark",
        [0x12151b, 0xc3c9d4, 0xf2f4f8, 0x828b9b, 0x3a4250, 0x263245, 0x6cb6ff, 0x5aa9e6, 0x7fd1ae, 0x7fd1ae, 0xe5c07b, 0xf47067],
        [0x5aa9e6, 0x7fd1ae, 0xb392f0, 0xe5a15b, 0xd67ab1, 0x8fa3bf]),
    palette("light",
        [0xfbfbfa, 0x383e49, 0x101318, 0x6a7280, 0xd3d6db, 0xdbe7f8, 0x0b62c4, 0x1f74c9, 0x12805c, 0x12805c, 0x9a6200, 0xc02b2b],
        [0x1f74c9, 0x12805c, 0x7a4cc2, 0xb4630a, 0xae3a80, 0x5b6b84]),
    palette("nord",
        [0x2e3440, 0xd8dee9, 0xeceff4, 0x8d98ad, 0x4c566a, 0x434c5e, 0x88c0d0, 0x81a1c1, 0xa3be8c, 0xa3be8c, 0xebcb8b, 0xdf7f88],
        [0x81a1c1, 0xa3be8c, 0xb48ead, 0xd08770, 0x8fbcbb, 0x7b88a1]),
    palette("gruvbox",
        [0x282828, 0xd5c4a1, 0xfbf1c7, 0x9a8d7c, 0x504945, 0x45403d, 0xfabd2f, 0x83a598, 0xb8bb26, 0xb8bb26, 0xfe8019, 0xfb4934],
        [0x83a598, 0xb8bb26, 0xd3869b, 0xfe8019, 0x8ec07c, 0xa89984]),
    palette("catppuccin",
        [0x1e1e2e, 0xcdd6f4, 0xf5f7ff, 0x8e93ad, 0x45475a, 0x383a50, 0xcba6f7, 0x89b4fa, 0x94e2d5, 0xa6e3a1, 0xf9e2af, 0xf38ba8],
        [0x89b4fa, 0x94e2d5, 0xcba6f7, 0xfab387, 0xf5c2e7, 0x9399b2]),
    palette("tokyo-night",
        [0x1a1b26, 0xc0caf5, 0xe6eaff, 0x7a82ac, 0x3b4261, 0x2e3554, 0x7aa2f7, 0x7dcfff, 0x9ece6a, 0x9ece6a, 0xe0af68, 0xf7768e],
        [0x7aa2f7, 0x9ece6a, 0xbb9af7, 0xff9e64, 0x2ac3de, 0x737aa2]),
    palette("high-contrast",
        [0x000000, 0xffffff, 0xffffff, 0xd0d0d0, 0x808080, 0x0033aa, 0xffff00, 0x00e5ff, 0x00ff66, 0x00ff66, 0xffb000, 0xff6b6b],
        [0x00e5ff, 0x00ff66, 0xff8cff, 0xffb000, 0xffff66, 0xd0d0d0]),
    // Okabe and Ito's colours, told apart with every common kind of colour blindness.
    palette("colour-blind-safe",
        [0x14171c, 0xd4d8de, 0xffffff, 0x8d95a1, 0x3d4450, 0x2a3648, 0x56b4e9, 0x56b4e9, 0xe69f00, 0x2bc498, 0xf0e442, 0xee7733],
        [0x56b4e9, 0xe69f00, 0x2bc498, 0xf0e442, 0xcc79a7, 0x8fa3bf]),
    Palette {
        name: "terminal",
        background: Color::Reset, text: Color::Reset, strong: Color::Reset, dim: Color::DarkGray, faint: Color::DarkGray,
        selection: Color::Reset, accent: Color::Cyan, down: Color::Blue, up: Color::Green, good: Color::Green,
        warn: Color::Yellow, bad: Color::Red,
        kinds: [Color::Blue, Color::Green, Color::Magenta, Color::Yellow, Color::Cyan, Color::Gray],
    },
];

/// A palette on a terminal with so many colours.
#[derive(Debug, Clone, Copy)]
pub struct Theme {
    palette: &'static Palette,
    depth: Depth,
}

impl Theme {
    /// The theme of that name, or the default; with 16 colours the user's own.
    #[must_use]
    pub fn new(name: Option<&str>, depth: Depth) -> Self {
        let own = if depth == Depth::Sixteen { "terminal" } else { "dark" };
        let find = |name: &str| THEMES.iter().find(|t| t.name.eq_ignore_ascii_case(name));
        let palette = name.filter(|_| depth != Depth::Sixteen).and_then(find).or_else(|| find(own));
        let [first, ..] = &THEMES;
        Self { palette: palette.unwrap_or(first), depth }
    }

    /// What `--theme` calls it.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.palette.name
    }

    /// Another theme by its name, if there is one.
    #[must_use]
    pub fn named(&self, name: &str) -> Self {
        let found = THEMES.iter().find(|t| t.name.eq_ignore_ascii_case(name));
        Self { palette: found.unwrap_or(self.palette), depth: self.depth }
    }

    /// The next theme in the list.
    #[must_use]
    pub fn next(&self) -> Self {
        let at = THEMES.iter().position(|t| t.name == self.palette.name).map_or(0, |at| at + 1);
        Self { palette: THEMES.get(at).or(THEMES.first()).unwrap_or(self.palette), depth: self.depth }
    }

    /// Text and background where nothing else is drawn.
    #[must_use]
    pub fn base(&self) -> Style {
        match self.depth {
            Depth::None => Style::reset(),
            _ => Style::reset().fg(self.colour(self.palette.text)).bg(self.colour(self.palette.background)),
        }
    }

    /// The style of a role.
    #[must_use]
    pub fn style(&self, role: Role) -> Style {
        let p = self.palette;
        let (colour, modifier) = match role {
            Role::Text => (p.text, Modifier::empty()),
            Role::Strong => (p.strong, Modifier::BOLD),
            Role::Name => (p.strong, Modifier::empty()),
            Role::Dim => (p.dim, Modifier::empty()),
            Role::Faint => (p.faint, Modifier::empty()),
            Role::Accent => (p.accent, Modifier::empty()),
            Role::Down => (p.down, Modifier::empty()),
            Role::Up => (p.up, Modifier::empty()),
            Role::Good => (p.good, Modifier::empty()),
            Role::Warn => (p.warn, Modifier::empty()),
            Role::Bad => (p.bad, Modifier::empty()),
        };
        if self.depth != Depth::None {
            return Style::new().fg(self.colour(colour)).add_modifier(modifier);
        }
        Style::new().add_modifier(match role {
            Role::Strong | Role::Accent | Role::Bad | Role::Warn => Modifier::BOLD,
            Role::Dim | Role::Faint => Modifier::DIM,
            _ => Modifier::empty(),
        })
    }

    /// The colour of a category's bars; the same category has the same colour on every run.
    #[must_use]
    pub fn kind(&self, category: &str) -> Style {
        if self.depth == Depth::None {
            return Style::new();
        }
        if category.is_empty() {
            return self.style(Role::Dim);
        }
        let sum = category.bytes().fold(7_usize, |sum, b| sum.wrapping_mul(31).wrapping_add(b.into()));
        let colour = self.palette.kinds.get(sum % self.palette.kinds.len()).copied().unwrap_or(self.palette.accent);
        Style::new().fg(self.colour(colour))
    }

    /// What a selected row adds to the styles on it.
    #[must_use]
    pub fn selected(&self, focused: bool) -> Style {
        match (self.depth, self.palette.selection) {
            _ if !focused => Style::new(),
            // Reversed colours would put holes into the bar: the user's own two have the best contrast.
            (Depth::None, _) | (_, Color::Reset) => {
                Style::new().fg(Color::Reset).bg(Color::Reset).add_modifier(Modifier::REVERSED)
            }
            (_, colour) => Style::new().bg(self.colour(colour)),
        }
    }

    /// The background of what lies above the rest: menus, help.
    #[must_use]
    pub fn raised(&self) -> Style {
        self.base()
    }

    fn colour(&self, colour: Color) -> Color {
        match (self.depth, colour) {
            (Depth::Indexed, Color::Rgb(r, g, b)) => Color::Indexed(nearest(r, g, b)),
            _ => colour,
        }
    }
}

/// The nearest of xterm's 256 colours: its cube of 6x6x6 or its greys.
fn nearest(r: u8, g: u8, b: u8) -> u8 {
    let level = |v: u8| {
        if v < 48 {
            0
        } else if v < 115 {
            1
        } else {
            (v - 35) / 40
        }
    };
    let value = |level: u8| if level == 0 { 0 } else { i32::from(level) * 40 + 55 };
    let far = |r2: i32, g2: i32, b2: i32| {
        (i32::from(r) - r2).pow(2) + (i32::from(g) - g2).pow(2) + (i32::from(b) - b2).pow(2)
    };
    let (lr, lg, lb) = (level(r), level(g), level(b));
    let average = (i32::from(r) + i32::from(g) + i32::from(b)) / 3;
    let grey = u8::try_from(((average - 3) / 10).clamp(0, 23)).unwrap_or(0);
    let shade = i32::from(grey) * 10 + 8;
    if far(shade, shade, shade) < far(value(lr), value(lg), value(lb)) {
        232 + grey
    } else {
        16 + 36 * lr + 6 * lg + lb
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn themes_have_names_of_their_own_and_are_all_reached() {
        let mut theme = Theme::new(None, Depth::True);
        let mut seen = Vec::new();
        for _ in &THEMES {
            assert!(!seen.contains(&theme.name()));
            seen.push(theme.name());
            theme = theme.next();
        }
        assert_eq!(theme.name(), "dark");
        assert_eq!(Theme::new(Some("NORD"), Depth::True).name(), "nord");
        assert_eq!(Theme::new(Some("no such"), Depth::Indexed).name(), "dark");
        assert_eq!(Theme::new(Some("nord"), Depth::Sixteen).name(), "terminal");
    }

    #[test]
    fn nearest_colours() {
        assert_eq!((nearest(0, 0, 0), nearest(255, 255, 255), nearest(255, 0, 0)), (16, 231, 196));
        assert_eq!(nearest(0x12, 0x15, 0x1b), 233);
    }

    #[test]
    fn text_can_be_read_on_its_background() {
        for palette in THEMES.iter().filter(|p| p.name != "terminal") {
            for colour in [palette.text, palette.strong, palette.dim, palette.accent, palette.warn, palette.bad] {
                for ground in [palette.background, palette.selection] {
                    let ratio = contrast(colour, ground);
                    assert!(ratio > 2.4, "{}: {colour:?} on {ground:?} is {ratio:.1}", palette.name);
                }
            }
            assert!(contrast(palette.text, palette.background) > 6.0, "{}", palette.name);
        }
    }

    fn contrast(a: Color, b: Color) -> f64 {
        let light = |c| {
            let Color::Rgb(r, g, b) = c else { return 0.0 };
            let part = |v: u8| (f64::from(v) / 255.0).powf(2.2);
            0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b) + 0.05
        };
        let (a, b) = (light(a), light(b));
        if a > b { a / b } else { b / a }
    }
}
