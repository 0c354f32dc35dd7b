//! The web and what it rests on.

pub mod http;
pub mod icecast;
pub mod jsonrpc;
pub mod thrift;
pub mod tls;

use self::http::services;
use super::Protocol;

/// The family.
pub(super) static PROTOCOLS: &[&Protocol] = &[
    &tls::TLS,
    &http::HTTP,
    &jsonrpc::JSON_RPC,
    &thrift::THRIFT,
    // Known only inside others.
    &tls::DOH_DOT,
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
