//! Capture filters: expressions as tcpdump takes them, compiled by libpcap.

use super::source::{Chunk, Interface};

/// A filter expression, compiled for each link type when it is first seen.
pub struct PacketFilter {
    expression: String,
    #[cfg(feature = "live")]
    programs: Vec<(u32, pcap::BpfProgram)>,
}

impl PacketFilter {
    /// Checks an expression.
    ///
    /// # Errors
    /// What libpcap says of it, or that this build has no libpcap.
    pub fn new(expression: &str) -> Result<Self, String> {
        #[cfg(feature = "live")]
        {
            let mut filter = Self { expression: expression.to_owned(), programs: Vec::new() };
            filter.program(1)?;
            Ok(filter)
        }
        #[cfg(not(feature = "live"))]
        {
            let _ = expression;
            Err("filter expressions need libpcap, and this build is without it".to_owned())
        }
    }

    /// Leaves in the chunk only what passes.
    ///
    /// # Errors
    /// What libpcap says if the expression makes no sense for a link type.
    #[cfg(feature = "live")]
    pub fn apply(&mut self, chunk: &mut Chunk, interfaces: &[Interface]) -> Result<(), String> {
        let records = std::mem::take(&mut chunk.records);
        let mut kept = Vec::with_capacity(records.len());
        for record in records {
            let link = interfaces.get(record.interface as usize).map_or(u32::MAX, |i| i.link.0);
            if self.program(link)?.filter(chunk.data(&record)) {
                kept.push(record);
            }
        }
        chunk.records = kept;
        Ok(())
    }

    /// Without libpcap there is no filter to apply.
    ///
    /// # Errors
    /// Always.
    #[cfg(not(feature = "live"))]
    pub fn apply(&mut self, _: &mut Chunk, _: &[Interface]) -> Result<(), String> {
        Err(format!("no libpcap to filter by {:?}", self.expression))
    }

    #[cfg(feature = "live")]
    fn program(&mut self, link: u32) -> Result<&pcap::BpfProgram, String> {
        let known = self.programs.iter().position(|(l, _)| *l == link);
        let place = match known {
            Some(place) => place,
            None => {
                self.programs.push((link, self.compile(link)?));
                self.programs.len() - 1
            }
        };
        self.programs.get(place).map(|(_, p)| p).ok_or_else(String::new)
    }

    #[cfg(feature = "live")]
    fn compile(&self, link: u32) -> Result<pcap::BpfProgram, String> {
        let words = |e: pcap::Error| {
            format!("filter {:?}: {}", self.expression, e.to_string().trim_start_matches("libpcap error: "))
        };
        let link = pcap::Linktype(i32::try_from(link).unwrap_or(i32::MAX));
        pcap::Capture::dead(link).and_then(|c| c.compile(&self.expression, true)).map_err(words)
    }
}
