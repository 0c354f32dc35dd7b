//! What HTTP carries, told by methods, headers and the first bytes of a body: layers inside HTTP.

use crate::dissect::common::text::{begins, holds, split};
use crate::dissect::web::tls::DOH_DOT;
use crate::dissect::{Protocol, Transport};

/// A protocol that is only ever seen inside HTTP.
const fn inside(name: &'static str, category: &'static str, how: &'static str) -> Protocol {
    Protocol { name, category, how, over: &[Transport::Tcp], ..Protocol::NEW }
}

/// Requests to a proxy.
pub static PROXY: Protocol = inside("HTTP_Proxy", "Web", "an HTTP request with an absolute URI");
/// A tunnel through a proxy.
pub static CONNECT: Protocol = inside("HTTP_Connect", "Web", "an HTTP CONNECT request");
/// WebDAV.
pub static WEBDAV: Protocol = inside("WebDAV", "Collaborative", "an HTTP method of RFC 4918");
/// OCSP.
pub static OCSP: Protocol = inside("OCSP", "Network", "an HTTP body of type application/ocsp-request or -response");
/// IPP.
pub static IPP: Protocol = inside("IPP", "System", "an HTTP body of type application/ipp");
/// gRPC.
pub static GRPC: Protocol = inside("gRPC", "RPC", "an HTTP body of type application/grpc");
/// SOAP.
pub static SOAP: Protocol = inside("SOAP", "RPC", "a SOAP envelope or SOAPAction header in HTTP");
/// DASH.
pub static DASH: Protocol = inside("MpegDash", "Media", "a DASH manifest or segment in HTTP");
/// HLS.
pub static HLS: Protocol = inside("HLS", "Media", "an HLS playlist in HTTP");
/// RPC over HTTP.
pub static RPC_OVER_HTTP: Protocol = inside("MS-RPCH", "RPC", "the HTTP methods RPC_IN_DATA and RPC_OUT_DATA");
/// Elasticsearch.
pub static ELASTIC: Protocol = inside("Elasticsearch", "System", "the header X-elastic-product in HTTP");

/// By method and target.
#[must_use]
pub fn of_request(method: &[u8], target: &[u8]) -> Option<&'static Protocol> {
    match method {
        b"CONNECT" => Some(&CONNECT),
        b"PROPFIND" | b"PROPPATCH" | b"MKCOL" | b"LOCK" | b"UNLOCK" | b"COPY" | b"MOVE" => Some(&WEBDAV),
        b"RPC_IN_DATA" | b"RPC_OUT_DATA" => Some(&RPC_OVER_HTTP),
        _ if begins(target, b"http://") => Some(&PROXY),
        _ => of_target(target),
    }
}

/// By the kind of file that is asked for.
fn of_target(target: &[u8]) -> Option<&'static Protocol> {
    let path = split(target, b'?').map_or(target, |(path, _)| path);
    match path.rsplit(|b| *b == b'.').next()? {
        b"mpd" | b"m4s" => Some(&DASH),
        b"m3u8" => Some(&HLS),
        _ => None,
    }
}

/// By a header.
#[must_use]
pub fn of_header(name: &[u8], value: &[u8]) -> Option<&'static Protocol> {
    let named = |wanted: &[u8]| name.eq_ignore_ascii_case(wanted);
    if named(b"content-type") {
        return of_type(value);
    }
    if named(b"soapaction") {
        return Some(&SOAP);
    }
    if named(b"x-elastic-product") {
        return Some(&ELASTIC);
    }
    let radio = [&b"icy-name"[..], b"icy-br", b"icy-metaint", b"icy-notice1", b"ice-name", b"ice-public"];
    radio.iter().any(|r| named(r)).then_some(&super::super::icecast::ICECAST)
}

/// By media type.
fn of_type(value: &[u8]) -> Option<&'static Protocol> {
    static TYPES: &[(&[u8], &Protocol)] = &[
        (b"application/ocsp-", &OCSP),
        (b"application/ipp", &IPP),
        (b"application/grpc", &GRPC),
        (b"application/soap+xml", &SOAP),
        (b"application/dash+xml", &DASH),
        (b"application/vnd.apple.mpegurl", &HLS),
        (b"application/x-mpegurl", &HLS),
        (b"audio/mpegurl", &HLS),
        (b"audio/x-mpegurl", &HLS),
        (b"application/dns-message", &DOH_DOT),
        (b"application/dns-json", &DOH_DOT),
        (b"application/json-rpc", &super::super::jsonrpc::JSON_RPC),
        (b"application/json+rpc", &super::super::jsonrpc::JSON_RPC),
        (b"application/x-thrift", &super::super::thrift::THRIFT),
        (b"application/vnd.apache.thrift", &super::super::thrift::THRIFT),
    ];
    TYPES.iter().find(|(kind, _)| begins(value, kind)).map(|(_, protocol)| *protocol)
}

/// By the first bytes of a body.
#[must_use]
pub fn of_body(body: &[u8]) -> Option<&'static Protocol> {
    let head = body.get(..BODY_LOOK).unwrap_or(body).trim_ascii_start();
    match head.first()? {
        b'{' | b'[' if super::super::jsonrpc::is_message(head) => Some(&super::super::jsonrpc::JSON_RPC),
        b'<' if holds(head, b":envelope") && holds(head, b"soap") => Some(&SOAP),
        b'<' if holds(head, b"<mpd") && holds(head, b"urn:mpeg:dash") => Some(&DASH),
        b'#' if head.starts_with(b"#EXTM3U") => Some(&HLS),
        // The brand of an initialisation segment or of a media segment.
        _ if matches!(head.get(4..12), Some(b"ftypdash" | b"stypmsdh" | b"stypdash")) => Some(&DASH),
        _ => None,
    }
}

/// Bytes of a body that are looked at.
const BODY_LOOK: usize = 512;
