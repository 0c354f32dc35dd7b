//! The protection of Initial packets (RFC 9001 section 5): keys that anybody can derive who saw the client's first one.
//!
//! Only decryption, and without the authentication tag: what comes out must be sound frames from end to end, which no
//! wrong key gives.

use aes::Aes128;
use aes::cipher::generic_array::GenericArray;
use aes::cipher::{BlockEncrypt, KeyInit};
use hkdf::Hkdf;
use sha2::Sha256;

use super::packet::Version;

/// The client's keys for Initial packets.
pub struct Keys {
    packet: Aes128,
    header: Aes128,
    iv: [u8; 12],
}

impl Keys {
    /// Derives them from the connection id that the client chose for the server.
    #[must_use]
    pub fn new(version: Version, destination: &[u8]) -> Option<Self> {
        let initial = Hkdf::<Sha256>::new(Some(version.salt?), destination);
        let client: [u8; 32] = expand(&initial, b"client in")?;
        let client = Hkdf::<Sha256>::from_prk(&client).ok()?;
        let [key, iv, header]: [&[u8]; 3] = match version.second {
            true => [b"quicv2 key", b"quicv2 iv", b"quicv2 hp"],
            false => [b"quic key", b"quic iv", b"quic hp"],
        };
        let cipher = |key: [u8; 16]| Aes128::new(&GenericArray::from(key));
        Some(Self {
            packet: cipher(expand(&client, key)?),
            header: cipher(expand(&client, header)?),
            iv: expand(&client, iv)?,
        })
    }

    /// Decrypts what follows the length field: packet number and payload, of which the last 16 bytes are the tag.
    #[must_use]
    pub fn open(&self, first: u8, protected: &[u8]) -> Option<Vec<u8>> {
        let mut mask = GenericArray::from(*protected.get(4..)?.first_chunk::<16>()?);
        self.header.encrypt_block(&mut mask);
        let [bits, masks @ ..] = mask.first_chunk::<5>()?;
        let size = usize::from((first ^ bits) & 3) + 1;
        let number = protected.iter().zip(masks).take(size).fold(0_u64, |n, (b, m)| n << 8 | u64::from(b ^ m));
        let mut nonce = self.iv;
        for (byte, number) in nonce.iter_mut().rev().zip(number.to_le_bytes()) {
            *byte ^= number;
        }
        let payload = protected.get(size..protected.len().checked_sub(TAG)?)?;
        Some(self.counter_mode(nonce, payload))
    }

    /// AES in counter mode as GCM uses it: the first block is for the tag.
    fn counter_mode(&self, nonce: [u8; 12], payload: &[u8]) -> Vec<u8> {
        let mut out = Vec::with_capacity(payload.len());
        for (counter, chunk) in (2_u32..).zip(payload.chunks(16)) {
            let mut block = [0; 16];
            let (head, tail) = block.split_at_mut(12);
            head.copy_from_slice(&nonce);
            tail.copy_from_slice(&counter.to_be_bytes());
            let mut block = GenericArray::from(block);
            self.packet.encrypt_block(&mut block);
            out.extend(chunk.iter().zip(block).map(|(a, b)| a ^ b));
        }
        out
    }
}

/// HKDF-Expand-Label of TLS 1.3 without context.
fn expand<const N: usize>(secret: &Hkdf<Sha256>, label: &[u8]) -> Option<[u8; N]> {
    let size = u16::try_from(N).ok()?.to_be_bytes();
    let label_size = [u8::try_from(label.len() + 6).ok()?];
    let mut out = [0; N];
    secret.expand_multi_info(&[&size, &label_size, b"tls13 ", label, &[0]], &mut out).ok()?;
    Some(out)
}

const TAG: usize = 16;

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// What a client does: the same steps the other way round, with a tag of zeros.
    pub fn protect(version: Version, destination: &[u8], first: u8, number: u8, frames: &[u8]) -> (u8, Vec<u8>) {
        let keys = Keys::new(version, destination).unwrap();
        let mut nonce = keys.iv;
        nonce[11] ^= number;
        let mut protected = [&[0, 0, 0, number][..], &keys.counter_mode(nonce, frames), &[0; TAG]].concat();
        let mut mask = GenericArray::from(*protected[4..].first_chunk::<16>().unwrap());
        keys.header.encrypt_block(&mut mask);
        for (byte, mask) in protected.iter_mut().zip(&mask[1..5]) {
            *byte ^= mask;
        }
        ((first | 3) ^ (mask[0] & 15), protected)
    }

    #[test]
    fn keys_of_the_standard() {
        // RFC 9001 appendix A.1.
        let version = Version::new(1).unwrap();
        let keys = Keys::new(version, &[0x83, 0x94, 0xc8, 0xf0, 0x3e, 0x51, 0x57, 0x08]).unwrap();
        assert_eq!(keys.iv, *b"\xfa\x04\x4b\x2f\x42\xa3\xfd\x3b\x46\xfb\x25\x5c");
        // RFC 9369 appendix A.1.
        let version = Version::new(0x6b33_43cf).unwrap();
        let keys = Keys::new(version, &[0x83, 0x94, 0xc8, 0xf0, 0x3e, 0x51, 0x57, 0x08]).unwrap();
        assert_eq!(keys.iv, *b"\x91\xf7\x3e\x23\x51\xd8\xfa\x91\x66\x0e\x90\x9f");
    }
}
