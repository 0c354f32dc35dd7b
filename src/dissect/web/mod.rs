//! The web and what it rests on.

pub mod dtls;
pub mod http;
pub mod icecast;
pub mod jsonrpc;
pub mod quic;
pub mod thrift;
pub mod tls;

use self::http::services;
use super::Protocol;

/// The family.
pub(super) static PROTOCOLS: &[&Protocol] = &[
    &tls::TLS,
    &quic::QUIC,
    &dtls::DTLS,
    &http::HTTP,
    &jsonrpc::JSON_RPC,
    &thrift::THRIFT,
    // Known only inside others.
    &tls::DOH_DOT,
    &quic::HTTP3,
    &http::WEBSOCKET,
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
