//! The web and what it rests on.

pub mod calls;
pub mod dtls;
pub mod gateways;
pub mod haproxy;
pub mod http;
pub mod http2;
pub mod icecast;
pub mod jsonrpc;
mod marks;
pub mod mpegts;
pub mod ookla;
pub mod quic;
pub mod rtmp;
pub mod rtsp;
pub mod socks;
pub mod ssdp;
pub mod thrift;
pub mod tls;
pub mod websocket;
pub mod wsd;

use self::http::services;
use super::Protocol;

/// The family.
pub(super) static PROTOCOLS: &[&Protocol] = &[
    // Before TLS, for the guess by port 853.
    &tls::DOH_DOT,
    &tls::TLS,
    &quic::QUIC,
    &dtls::DTLS,
    &http::HTTP,
    &http2::HTTP2,
    &ssdp::SSDP,
    &wsd::WSD,
    &socks::SOCKS,
    &haproxy::HAPROXY,
    &rtsp::RTSP,
    &rtmp::RTMP,
    &mpegts::MPEG_TS,
    &gateways::FASTCGI,
    &gateways::AJP,
    &gateways::UWSGI,
    &calls::CORBA,
    &calls::GEARMAN,
    &ookla::OOKLA,
    &jsonrpc::JSON_RPC,
    &thrift::THRIFT,
    // Known only inside others.
    &quic::HTTP3,
    &websocket::WEBSOCKET,
    &icecast::ICECAST,
    &services::PROXY,
    &services::CONNECT,
    &services::WEBDAV,
    &services::OCSP,
    &services::IPP,
    &services::GRPC,
    &services::SOAP,
    &services::DASH,
    &services::HLS,
    &services::RPC_OVER_HTTP,
    &services::ELASTIC,
];
