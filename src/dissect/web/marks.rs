//! Apps by marks of their own in the web's protocols: an ALPN name, the owner of a certificate, a User-Agent.
//!
//! They speak only where the client asked for no host name, because a host name says more. The marks are what the
//! products themselves send.

use memchr::memmem;

use crate::dissect::Cx;
use crate::facts::{Role, Value};

/// Where a mark is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// Beginning of an ALPN name.
    Alpn,
    /// Part of a certificate's subject or issuer.
    Owner,
    /// Beginning of a User-Agent.
    Agent,
}

/// Names the app that a text stands for, unless a host name was asked for.
pub fn tell(cx: &mut Cx, place: Place, text: &[u8]) {
    let Some((.., app)) = MARKS.iter().find(|(where_, mark, _)| *where_ == place && found(place, text, mark)) else {
        return;
    };
    if !asked(cx) {
        cx.note(match place {
            Place::Alpn => "app by its ALPN",
            Place::Owner => "app by the certificate's owner",
            Place::Agent => "app by its User-Agent",
        });
        cx.app(app);
    }
}

fn found(place: Place, text: &[u8], mark: &str) -> bool {
    match place {
        Place::Owner => memmem::find(text, mark.as_bytes()).is_some(),
        Place::Alpn | Place::Agent => text.starts_with(mark.as_bytes()),
    }
}

/// Whether the client asked for a host by name.
fn asked(cx: &mut Cx) -> bool {
    cx.facts().iter().any(|(field, value)| match value {
        Value::Text(name) => field.role == Role::Asked && name.parse::<std::net::IpAddr>().is_err(),
        _ => false,
    })
}

static MARKS: &[(Place, &str, &str)] = &[
    (Place::Alpn, "anydesk/", "AnyDesk"),
    (Place::Alpn, "apns-", "ApplePush"),
    (Place::Alpn, "x-amzn-", "AmazonAWS"),
    (Place::Owner, "CN=AnyDesk Client", "AnyDesk"),
    (Place::Owner, "CN=AnyNet ", "AnyDesk"),
    (Place::Owner, "O=Fortinet", "FortiClient"),
    (Place::Owner, "O=Windscribe", "Windscribe"),
    (Place::Owner, "O=Sonos", "Sonos"),
    (Place::Owner, "CN=NVIDIA GameStream", "GeForceNow"),
    (Place::Owner, "CN=hangouts", "GoogleCall"),
    (Place::Owner, "O=TeamViewer", "TeamViewer"),
    (Place::Owner, "O=Nintendo", "Nintendo"),
    (Place::Owner, "O=Sony Interactive", "Playstation"),
    (Place::Owner, "O=Valve", "Steam"),
    (Place::Owner, "CN=syncthing", "Syncthing"),
    (Place::Agent, "Microsoft-Delivery-Optimization", "WindowsUpdate"),
    (Place::Agent, "Windows-Update-Agent", "WindowsUpdate"),
    (Place::Agent, "Valve/Steam", "Steam"),
    (Place::Agent, "Spotify", "Spotify"),
    (Place::Agent, "WhatsApp/", "WhatsApp"),
    (Place::Agent, "Instagram ", "Instagram"),
    (Place::Agent, "Snapchat/", "Snapchat"),
    (Place::Agent, "com.zhiliaoapp.musically", "TikTok"),
    (Place::Agent, "com.google.android.youtube", "YouTube"),
    (Place::Agent, "iTunes/", "AppleiTunes"),
    (Place::Agent, "iTunes-", "AppleiTunes"),
    (Place::Agent, "Viber/", "Viber"),
    (Place::Agent, "MicroMessenger", "WeChat"),
    (Place::Agent, "Roblox/", "Roblox"),
    (Place::Agent, "EpicGamesLauncher", "EpicGames"),
    (Place::Agent, "TelegramDesktop", "Telegram"),
    (Place::Agent, "SoundCloud", "SoundCloud"),
    (Place::Agent, "Deezer/", "Deezer"),
    (Place::Agent, "Pandora/", "Pandora"),
    (Place::Agent, "Dropbox", "Dropbox"),
    (Place::Agent, "Transmission/", "BitTorrent"),
    (Place::Agent, "uTorrent/", "BitTorrent"),
    (Place::Agent, "BitTorrent/", "BitTorrent"),
    (Place::Agent, "qBittorrent/", "BitTorrent"),
    (Place::Agent, "libtorrent/", "BitTorrent"),
    (Place::Agent, "XBox Live", "Xbox"),
    (Place::Agent, "NSPlayer/", "Microsoft"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dissect::testing::Talk;

    #[test]
    fn a_host_name_says_more() {
        let ask = |host: &str| {
            let head = format!("GET / HTTP/1.1\r\nHost: {host}\r\nUser-Agent: Valve/Steam HTTP Client 1.0\r\n\r\n");
            Talk::tcp(4000, 9999).client(head.as_bytes()).run().app
        };
        assert_eq!(ask("192.0.2.1"), Some("Steam"));
        assert_eq!(ask("www.example.org"), None);
    }

    #[test]
    fn marks_are_not_of_two_apps() {
        for (i, (place, mark, app)) in MARKS.iter().enumerate() {
            let other =
                MARKS.iter().skip(i + 1).find(|(p, m, a)| p == place && found(*p, m.as_bytes(), mark) && a != app);
            assert!(other.is_none(), "{mark}");
        }
    }
}
