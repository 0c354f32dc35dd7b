//! NTLM authentication (MS-NLMP): who logs in, from where.

use crate::dissect::Cx;
use crate::dissect::common::{at, utf16};
use crate::facts::Field;

/// The account's domain.
pub static DOMAIN: Field = Field::new("smb", "ntlmssp.domain");
/// The account.
pub static USER: Field = Field::new("smb", "ntlmssp.user");
/// The workstation.
pub static HOST: Field = Field::new("smb", "ntlmssp.host");

/// Looks for an authenticate message in a security blob and takes its names.
pub fn look(cx: &mut Cx, blob: &[u8]) {
    let Some(start) = memchr::memmem::find(blob, b"NTLMSSP\0\x03\0\0\0") else { return };
    let message = blob.get(start..).unwrap_or_default();
    let unicode = at::u32_le(message, 60).is_some_and(|flags| flags & 1 != 0);
    for (place, field) in [(28, &DOMAIN), (36, &USER), (44, &HOST)] {
        take(cx, field, message, place, unicode);
    }
}

/// Length, room, offset from the start of the message.
fn take(cx: &mut Cx, field: &'static Field, message: &[u8], place: usize, unicode: bool) {
    let (Some(length), Some(offset)) = (at::u16_le(message, place), at::u32_le(message, place + 4)) else { return };
    let Ok(offset) = usize::try_from(offset) else { return };
    let Some(bytes) = offset.checked_add(usize::from(length)).and_then(|end| message.get(offset..end)) else { return };
    if bytes.is_empty() {
        return;
    }
    if unicode {
        cx.text(field, utf16::le(bytes).as_bytes());
    } else {
        cx.text(field, bytes);
    }
}
