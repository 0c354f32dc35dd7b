//! DNS messages (RFC 1035): header, questions, resource records, names with compression.

use crate::packet::{Incomplete, Reader};

/// A message's header and where its records start.
#[derive(Debug, Clone, Copy)]
pub struct Message<'a> {
    bytes: &'a [u8],
    /// Whether it is a response.
    pub response: bool,
    /// Kind of query: 0 query, 4 notify, 5 update.
    pub opcode: u8,
    /// Response code.
    pub rcode: u8,
    /// Questions, answers, authorities, additional records.
    pub counts: [u16; 4],
}

/// A name written out with dots, as bytes: DNS does not say what they mean.
#[derive(Debug, Clone, Copy)]
pub struct Name {
    bytes: [u8; MAX_NAME],
    len: usize,
}

/// A question.
#[derive(Debug, Clone, Copy)]
pub struct Question {
    /// The name asked.
    pub name: Name,
    /// Record type asked for.
    pub kind: u16,
    /// Class without mDNS's top bit; 1 is Internet.
    pub class: u16,
}

/// A resource record.
#[derive(Debug, Clone, Copy)]
pub struct Record<'a> {
    /// Owner.
    pub name: Name,
    /// Type.
    pub kind: u16,
    /// Class without mDNS's top bit; of OPT records it is a size.
    pub class: u16,
    /// Where the data starts in the message, for names in it.
    pub at: usize,
    /// Its data.
    pub data: &'a [u8],
}

const MAX_NAME: usize = 255;
const MAX_POINTERS: usize = 32;

impl Name {
    /// The name without final dot; empty for the root.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }

    fn push(&mut self, label: &[u8]) -> Result<(), Incomplete> {
        let dot = usize::from(self.len > 0);
        let room = self.bytes.get_mut(self.len..self.len + dot + label.len()).ok_or(Incomplete("end of name"))?;
        let (first, rest) = room.split_at_mut(dot);
        first.fill(b'.');
        rest.copy_from_slice(label);
        self.len += dot + label.len();
        Ok(())
    }
}

impl<'a> Message<'a> {
    /// Reads the header.
    pub fn new(bytes: &'a [u8]) -> Result<Self, Incomplete> {
        let mut r = Reader::new(bytes);
        r.skip(2, "transaction id")?;
        let [high, low] = r.array("flags")?;
        let counts =
            [r.u16("question count")?, r.u16("answer count")?, r.u16("authority count")?, r.u16("additional count")?];
        Ok(Self { bytes, response: high & 0x80 != 0, opcode: high >> 3 & 15, rcode: low & 15, counts })
    }

    /// A cursor at the first question.
    #[must_use]
    pub fn body(&self) -> Reader<'a> {
        let mut r = Reader::new(self.bytes);
        let _ = r.skip(12, "header");
        r
    }

    /// Reads a question.
    pub fn question(&self, r: &mut Reader<'a>) -> Result<Question, Incomplete> {
        let name = self.name(r)?;
        let kind = r.u16("question type")?;
        let class = r.u16("question class")? & 0x7fff;
        Ok(Question { name, kind, class })
    }

    /// Reads a resource record.
    pub fn record(&self, r: &mut Reader<'a>) -> Result<Record<'a>, Incomplete> {
        let name = self.name(r)?;
        let kind = r.u16("record type")?;
        let class = r.u16("record class")? & 0x7fff;
        r.skip(4, "time to live")?;
        let length = usize::from(r.u16("record length")?);
        let at = r.position();
        Ok(Record { name, kind, class, at, data: r.take(length, "record data")? })
    }

    /// Reads the name at an offset of the message.
    pub fn name_at(&self, at: usize) -> Result<Name, Incomplete> {
        let mut r = Reader::new(self.bytes);
        r.skip(at, "name")?;
        self.name(&mut r)
    }

    /// Reads a name; pointers may only lead backwards and are bounded.
    fn name(&self, r: &mut Reader<'a>) -> Result<Name, Incomplete> {
        let mut name = Name { bytes: [0; MAX_NAME], len: 0 };
        let mut jumped: Option<Reader<'a>> = None;
        let mut pointers = 0;
        loop {
            let current = jumped.as_mut().unwrap_or(r);
            let here = current.position();
            let length = current.u8("label length")?;
            match length >> 6 {
                0 if length == 0 => return Ok(name),
                0 => name.push(current.take(usize::from(length), "label")?)?,
                3 => {
                    let target = usize::from(length & 0x3f) << 8 | usize::from(current.u8("pointer")?);
                    pointers += 1;
                    if target >= here || pointers > MAX_POINTERS {
                        return Err(Incomplete("backward pointer"));
                    }
                    let mut at = Reader::new(self.bytes);
                    at.skip(target, "pointer target")?;
                    jumped = Some(at);
                }
                _ => return Err(Incomplete("label length")),
            }
        }
    }
}

/// The name of a record type.
#[must_use]
pub fn type_name(kind: u16) -> Option<&'static str> {
    TYPES.iter().find(|(number, _)| *number == kind).map(|(_, name)| *name)
}

/// Record types of the IANA registry that are seen in queries.
static TYPES: &[(u16, &str)] = &[
    (1, "A"),
    (2, "NS"),
    (5, "CNAME"),
    (6, "SOA"),
    (10, "NULL"),
    (11, "WKS"),
    (12, "PTR"),
    (13, "HINFO"),
    (15, "MX"),
    (16, "TXT"),
    (17, "RP"),
    (18, "AFSDB"),
    (24, "SIG"),
    (25, "KEY"),
    (28, "AAAA"),
    (29, "LOC"),
    (33, "SRV"),
    (35, "NAPTR"),
    (36, "KX"),
    (37, "CERT"),
    (38, "A6"),
    (39, "DNAME"),
    (41, "OPT"),
    (43, "DS"),
    (44, "SSHFP"),
    (45, "IPSECKEY"),
    (46, "RRSIG"),
    (47, "NSEC"),
    (48, "DNSKEY"),
    (49, "DHCID"),
    (50, "NSEC3"),
    (51, "NSEC3PARAM"),
    (52, "TLSA"),
    (53, "SMIMEA"),
    (55, "HIP"),
    (59, "CDS"),
    (60, "CDNSKEY"),
    (61, "OPENPGPKEY"),
    (62, "CSYNC"),
    (63, "ZONEMD"),
    (64, "SVCB"),
    (65, "HTTPS"),
    (99, "SPF"),
    (108, "EUI48"),
    (109, "EUI64"),
    (249, "TKEY"),
    (250, "TSIG"),
    (251, "IXFR"),
    (252, "AXFR"),
    (255, "ANY"),
    (256, "URI"),
    (257, "CAA"),
    (32768, "TA"),
    (32769, "DLV"),
    (65399, "PRIVATE"),
];
