use std::collections::HashSet;

use proptest::prelude::*;

use super::*;

const SOURCE: &str = include_str!("../../../assets/apps.tsv");

fn app_of<'a>(table: &'a AppTable, host: &str) -> &'a str {
    table.lookup(host).map_or("-", |found| table.name(found.app))
}

fn table(text: &str) -> AppTable {
    AppTable::parse(text, "test").unwrap()
}

fn first_error(text: &str) -> AppError {
    AppTable::parse(text, "my.tsv").unwrap_err().remove(0)
}

#[test]
fn the_table_is_well_formed() {
    if let Err(errors) = AppTable::parse(SOURCE, "assets/apps.tsv") {
        let lines: Vec<_> = errors.iter().take(20).map(ToString::to_string).collect();
        panic!("{}", lines.join("\n"));
    }
    assert!(AppTable::builtin().len() >= 2_500, "{} apps", AppTable::builtin().len());
}

#[test]
fn rows_stand_in_order() {
    let rows: Vec<Vec<&str>> = SOURCE
        .lines()
        .filter(|line| line.contains('\t') && !line.starts_with('#'))
        .map(|l| l.split('\t').collect())
        .collect();
    let key = |row: &Vec<&str>| {
        let bare = row[0].trim_start_matches('=').to_owned();
        (row[2].to_lowercase(), row[1].to_lowercase(), bare, row[0].to_owned())
    };
    for pair in rows.windows(2) {
        assert!(key(&pair[0]) < key(&pair[1]), "{:?} before {:?}", pair[0], pair[1]);
    }
}

#[test]
fn no_row_is_a_public_suffix() {
    for (app, suffix) in AppTable::builtin().suffixes() {
        let name = suffix.name;
        let public = psl::suffix(name.as_bytes()).unwrap();
        let whole = public.as_bytes().len() == name.len();
        let owned = public.typ() == Some(psl::Type::Private);
        assert!(!whole || owned, "{name} of {} has all of a country or kind", AppTable::builtin().name(app));
    }
}

#[test]
fn names_and_categories_are_those_that_others_use() {
    let table = AppTable::builtin();
    for (name, category) in
        [("NetFlix", "Video"), ("YouTube", "Media"), ("AVAST", "Network"), ("Github", "Collaborative")]
    {
        let id = table.by_name(&name.to_lowercase()).unwrap();
        assert_eq!((table.name(id), table.category(id)), (name, category));
    }
    let names: HashSet<String> = table.iter().map(|(_, name, _)| name.to_lowercase()).collect();
    assert_eq!(names.len(), table.len());
}

#[test]
fn known_hosts_have_their_apps() {
    let table = AppTable::builtin();
    let wrong: Vec<String> = HOSTS
        .lines()
        .flat_map(|line| {
            let mut words = line.split_whitespace();
            let app = words.next().unwrap_or_default();
            words.map(move |host| (app, host))
        })
        .filter(|&(app, host)| app_of(table, host) != app)
        .map(|(app, host)| format!("{host}: {} instead of {app}", app_of(table, host)))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_longest_suffix_wins() {
    let table = table("google.com\tGoogle\tWeb\nmail.google.com\tGMail\tEmail\n=x.mail.google.com\tGoogle\tWeb\n");
    assert_eq!(app_of(&table, "google.com"), "Google");
    assert_eq!(app_of(&table, "www.google.com"), "Google");
    assert_eq!(app_of(&table, "a.MAIL.Google.com."), "GMail");
    assert_eq!(app_of(&table, "x.mail.google.com"), "Google");
    assert_eq!(app_of(&table, "y.x.mail.google.com"), "GMail");
    assert_eq!(app_of(&table, "notgoogle.com"), "-");
    assert_eq!(app_of(&table, "google.com.evil.example"), "-");
}

#[test]
fn a_match_tells_its_row() {
    let table = AppTable::builtin();
    let found = table.lookup("WWW.NetFlix.com").unwrap();
    assert_eq!((found.suffix, found.exact), ("netflix.com", false));
    assert!(table.suffixes_of(found.app).any(|suffix| suffix.name == "nflxvideo.net"));
}

#[test]
fn odd_hosts_are_answered_in_peace() {
    let table = AppTable::builtin();
    for host in ["", ".", "..", "...", "é", "ü.youtube.com\u{0}", "com", "192.0.2.1", "[::1]", " "] {
        assert_eq!(app_of(table, host), "-", "{host:?}");
    }
    let long = format!("{}.youtube.com", "ß".repeat(300));
    assert_eq!(app_of(table, &long), "YouTube");
    let deep = format!("{}youtube.com", "a.".repeat(250));
    assert_eq!(app_of(table, &deep), "YouTube");
    assert_eq!(app_of(table, "..youtube.com"), "YouTube");
    let exact = self::table("=a.example\tA\tWeb\n");
    assert_eq!(app_of(&exact, &format!("{}a.example", "b.".repeat(122))), "-");
}

#[test]
fn a_file_of_the_users_own_wins() {
    let base = table("a.example\tOne\tWeb\nb.example\tTwo\tGame\n");
    let own = table("a.example\tMine\tCloud\nc.example\tTwo\tVideo\n");
    let both = base.extended_with(&own);
    assert_eq!(app_of(&both, "x.a.example"), "Mine");
    assert_eq!(app_of(&both, "b.example"), "Two");
    assert_eq!(app_of(&both, "c.example"), "Two");
    assert_eq!(both.category(both.by_name("two").unwrap()), "Video");
    assert_eq!(both.by_name("One"), base.by_name("One"));
}

#[test]
fn errors_say_where_and_what() {
    let shown = |text| {
        let error = first_error(text);
        (error.line, error.column)
    };
    assert_eq!(shown("# fine\n\nexample.com Foo Web\n"), (3, 1));
    assert_eq!(shown("example.com\tFoo\tWeeb\n"), (1, 17));
    assert_eq!(shown("example.com\tFo o\tWeb\n"), (1, 13));
    assert_eq!(shown("Example.com\tFoo\tWeb\n"), (1, 1));
    assert_eq!(shown(".example.com\tFoo\tWeb\n"), (1, 1));
    assert_eq!(shown("a.com\tFoo\tWeb\na.com\tBar\tWeb\n"), (2, 1));
    assert_eq!(shown("a.com\tFoo\tWeb\nb.com\tFoo\tGame\n"), (2, 11));
    assert_eq!(shown("a.com\tFoo\tWeb\nb.com\tfoo\tWeb\n"), (2, 7));
    let error = first_error("a.com\tFoo\tWeeb\n");
    assert!(error.to_string().starts_with("my.tsv:1:11: unknown category `Weeb`; one of: "), "{error}");
}

#[test]
fn files_of_other_systems_are_read() {
    let table = table("\u{feff}# a comment\r\na.example\tOne\tgame\r\n\r\n  # another\r\n");
    assert_eq!(table.category(table.by_name("One").unwrap()), "Game");
}

#[test]
fn memory_is_modest() {
    assert!(AppTable::builtin().memory() < 2_000_000, "{} bytes", AppTable::builtin().memory());
}

proptest! {
    #[test]
    fn any_string_can_be_looked_up(host in "\\PC{0,600}") {
        let _any = AppTable::builtin().lookup(&host);
    }

    #[test]
    fn any_text_can_be_parsed(text in "[a-z.=#\\t\\n é]{0,200}") {
        let _any = AppTable::parse(&text, "test");
    }
}

/// Run with `cargo test --release -- --ignored --nocapture speed`.
#[test]
#[ignore = "measures; only means something in a release build"]
fn speed() {
    use std::time::Instant;
    let best = (0..20)
        .map(|_| {
            let start = Instant::now();
            std::hint::black_box(AppTable::parse(SOURCE, "assets/apps.tsv").unwrap());
            start.elapsed()
        })
        .min();
    let table = AppTable::builtin();
    let hosts: Vec<String> = HOSTS
        .split_whitespace()
        .flat_map(|host| [host.to_owned(), format!("cdn-7.eu.{host}"), format!("www.unknown-{host}.example.net")])
        .collect();
    let rounds = 4_000;
    let start = Instant::now();
    for host in std::iter::repeat_n(&hosts, rounds).flatten() {
        std::hint::black_box(table.lookup(std::hint::black_box(host)));
    }
    let each = start.elapsed().as_nanos() / (rounds * hosts.len()) as u128;
    println!("parse {best:?}, lookup {each} ns over {} hosts, {} bytes", hosts.len(), table.memory());
}

/// App, then hosts that are its.
const HOSTS: &str = "
YouTube www.youtube.com rr3---sn-4g5e6nsz.googlevideo.com i.ytimg.com youtu.be yt3.ggpht.com youtubei.googleapis.com
YouTubeUpload upload.youtube.com
NetFlix www.netflix.com ipv4-c001-fra001-ix.1.oca.nflxvideo.net occ-0-1.1.nflxso.net assets.nflxext.com fast.com
Spotify open.spotify.com i.scdn.co audio-fa.scdn.co apresolve.spotify.com
TikTok www.tiktok.com v16-webapp.tiktokcdn.com api16-normal-c-useast1a.tiktokv.com
Facebook www.facebook.com static.xx.fbcdn.net graph.facebook.com connect.facebook.net
FacebookMessenger www.messenger.com edge-chat.facebook.com
Instagram www.instagram.com scontent.cdninstagram.com i.instagram.com
Threads www.threads.net
WhatsApp web.whatsapp.com g.whatsapp.net wa.me
WhatsAppFiles mmg.whatsapp.net media.fra5-1.cdn.media.whatsapp.net
Telegram web.telegram.org t.me
Signal chat.signal.org cdn.signal.org
Twitter twitter.com x.com pbs.twimg.com t.co
LinkedIn www.linkedin.com media.licdn.com
Snapchat app.snapchat.com cf-st.sc-cdn.net
Pinterest i.pinimg.com
Reddit www.reddit.com i.redd.it www.redditstatic.com
Tumblr 64.media.tumblr.com
VK vk.com sun9-1.userapi.com
Google www.google.com www.google.de www.gstatic.com lh3.googleusercontent.com
GoogleServices www.googleapis.com mtalk.google.com clients4.google.com
GoogleMaps maps.google.com maps.googleapis.com maps.google.co.uk
GoogleDocs docs.google.com
GoogleDrive drive.google.com
GoogleMeet meet.google.com
GoogleClassroom classroom.google.com
GMail mail.google.com imap.gmail.com smtp.gmail.com
PlayStore play.google.com android.clients.google.com play.googleapis.com
GoogleCloud storage.googleapis.com console.cloud.google.com my-app.appspot.com x-uc.a.run.app
ADS_Analytic_Track stats.g.doubleclick.net www.google-analytics.com pagead2.googlesyndication.com ib.adnxs.com bidder.criteo.com
Crashlytics firebase-settings.crashlytics.com crashlyticsreports-pa.googleapis.com
Microsoft www.microsoft.com www.bing.com login.live.com
Microsoft365 login.microsoftonline.com www.office.com contoso.sharepoint.com
Azure portal.azure.com myapp.azurewebsites.net acct.blob.core.windows.net
WindowsUpdate ctldl.windowsupdate.com fe3.delivery.mp.microsoft.com slscr.update.microsoft.com
Outlook outlook.office365.com outlook.live.com
Teams teams.microsoft.com
Skype_Teams www.skype.com api.skype.com
MS_OneDrive onedrive.live.com api.onedrive.com
Xbox www.xbox.com title.mgt.xboxlive.com
Apple www.apple.com
AppleiCloud p50-caldav.icloud.com cvws.icloud-content.com
AppleiTunes itunes.apple.com is1-ssl.mzstatic.com
AppleStore apps.apple.com swcdn.apple.com
ApplePush 17-courier.push.apple.com
AppleSiri guzzoni.apple.com api.smoot.apple.com
AppleTVPlus tv.apple.com
iCloudPrivateRelay mask.icloud.com mask-h2.icloud.com
Amazon www.amazon.de m.media-amazon.com
AmazonAWS s3.eu-central-1.amazonaws.com d111111abcdef8.cloudfront.net
AmazonVideo www.primevideo.com atv-ps.amazon.com
AmazonAlexa avs-alexa-4-na.amazon.com api.amazonalexa.com
Cloudflare www.cloudflare.com cdnjs.cloudflare.com
CloudflareWarp engage.cloudflareclient.com
DoH_DoT dns.google cloudflare-dns.com mozilla.cloudflare-dns.com one.one.one.one dns.quad9.net doh.opendns.com dns.adguard.com
Github github.com api.github.com raw.githubusercontent.com user.github.io
GitLab gitlab.com
Discord discord.com gateway.discord.gg cdn.discordapp.com
Slack app.slack.com wss-primary.slack.com a.slack-edge.com
Zoom us02web.zoom.us
Webex idbroker.webex.com
Twitch www.twitch.tv video-edge-1.fra02.abs.hls.ttvnw.net
Dropbox www.dropbox.com dl.dropboxusercontent.com
Wikipedia en.wikipedia.org upload.wikimedia.org
Yahoo www.yahoo.com s.yimg.com
Yandex ya.ru yastatic.net
YandexMetrika mc.yandex.ru
YandexDirect an.yandex.ru
YandexMail mail.yandex.ru
YandexDisk disk.yandex.ru
YandexMusic music.yandex.ru
QQ www.qq.com
WeChat weixin.qq.com
Tencentvideo v.qq.com
SinaWeibo weibo.com
Sina www.sina.com.cn
Steam store.steampowered.com steamcdn-a.akamaihd.net
EpicGames www.epicgames.com
RiotGames auth.riotgames.com
Roblox www.roblox.com c0.rbxcdn.com
GenshinImpact sdk.hoyoverse.com
Playstation store.playstation.com
Nintendo accounts.nintendo.com
ElectronicArts www.ea.com
Dota2 www.dota2.com
GaijinEntertainment warthunder.com
NordVPN api.nordvpn.com
ProtonVPN api.protonvpn.com
Mullvad api.mullvad.net
SurfShark my.surfshark.com
Windscribe windscribe.com
TunnelBear api.tunnelbear.com
Tor www.torproject.org
Tailscale controlplane.tailscale.com
Line gd2.line.naver.jp obs.line-scdn.net
Viber www.viber.com
KakaoTalk talk.kakao.com
DisneyPlus www.disneyplus.com global.edge.bamgrid.com
HBO play.hbomax.com
Hulu www.hulu.com
Deezer e-cdns-images.dzcdn.net
SoundCloud api-v2.soundcloud.com
eBay www.ebay.co.uk i.ebayimg.com
Pastebin pastebin.com
TeamViewer router1.teamviewer.com
AnyDesk relay-1.net.anydesk.com
Ookla www.speedtest.net
Akamai e123.dscb.akamaiedge.net
Fastly dualstack.k.sni.global.fastly.net
ChatGPT chatgpt.com api.openai.com
Claude claude.ai
Mining xmr-eu1.nanopool.org
AdultContent www.pornhub.com
Docker registry-1.docker.io
NPM registry.npmjs.org
PayPal www.paypal.com
";
