//! The label of a flow: its protocols, its app, and which layer of identification named each.

use super::apps::AppId;
use crate::dissect::{Layer, ProtocolId, Registry};

/// Which layers of identification speak, the most trusted first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Layers {
    order: [Option<Layer>; 5],
}

impl Default for Layers {
    fn default() -> Self {
        Self::new(&[Layer::Payload, Layer::Host, Layer::Dns, Layer::Ip, Layer::Port])
    }
}

impl Layers {
    /// These layers in this order; the others are silent.
    #[must_use]
    pub fn new(order: &[Layer]) -> Self {
        let mut layers = Self { order: [None; 5] };
        for (place, layer) in layers.order.iter_mut().zip(order) {
            *place = Some(*layer);
        }
        layers
    }

    /// Place of a layer, 0 for the most trusted; `None` if it is silent.
    #[must_use]
    pub fn rank(&self, layer: Layer) -> Option<usize> {
        self.order.iter().position(|l| *l == Some(layer))
    }

    /// The layers that speak, the most trusted first.
    pub fn iter(&self) -> impl Iterator<Item = Layer> {
        self.order.into_iter().flatten()
    }
}

/// How far the identification of a flow has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LabelState {
    /// No name yet.
    #[default]
    Inspecting,
    /// Named; more may be learned.
    Partial,
    /// Everything was learned, or nothing can be.
    Classified,
}

impl LabelState {
    /// Its name in records.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Inspecting => "inspecting",
            Self::Partial => "partial",
            Self::Classified => "classified",
        }
    }
}

/// Protocols seen, kept per flow.
const STACK: usize = 6;

/// What a flow is called.
#[derive(Debug, Clone, Copy)]
pub struct Label {
    stack: [ProtocolId; STACK],
    depth: u8,
    /// How far identification has come.
    pub state: LabelState,
    /// The app with the layer that named it.
    pub app: Option<(AppId, Layer)>,
}

impl Default for Label {
    fn default() -> Self {
        Self { stack: [ProtocolId(0); STACK], depth: 0, state: LabelState::default(), app: None }
    }
}

impl Label {
    /// Protocols seen in the payload, outermost first.
    #[must_use]
    pub fn stack(&self) -> &[ProtocolId] {
        self.stack.get(..usize::from(self.depth)).unwrap_or_default()
    }

    /// What the session is: the outermost protocol that is not mere framing.
    #[must_use]
    pub fn protocol(&self, registry: &Registry) -> Option<ProtocolId> {
        let stack = self.stack();
        stack.iter().find(|id| !registry.get(**id).framing).or(stack.first()).copied()
    }

    /// Adds a protocol inside those seen so far; one that is there already stays where it is. Whether it was added.
    pub fn push(&mut self, id: ProtocolId) -> bool {
        if self.stack().contains(&id) {
            return false;
        }
        let Some(place) = self.stack.get_mut(usize::from(self.depth)) else { return false };
        *place = id;
        self.depth += 1;
        true
    }

    /// Takes all protocols away.
    pub fn clear(&mut self) {
        self.depth = 0;
    }

    /// Sets the app, if its layer is asked and no better one has named one.
    pub fn set_app(&mut self, app: AppId, layer: Layer, layers: &Layers) -> bool {
        let Some(rank) = layers.rank(layer) else { return false };
        if self.app.is_some_and(|(_, had)| layers.rank(had).is_some_and(|had| had <= rank)) {
            return false;
        }
        self.app = Some((app, layer));
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn framing_gives_way() {
        let registry = Registry::builtin();
        let mut label = Label::default();
        let dns = registry.by_name("DNS").unwrap();
        assert!(label.push(dns) && !label.push(dns));
        assert_eq!(label.protocol(&registry), Some(dns));
    }

    #[test]
    fn the_better_layer_names_the_app() {
        let mut label = Label::default();
        let layers = Layers::default();
        assert!(label.set_app(AppId(1), Layer::Dns, &layers));
        assert!(label.set_app(AppId(2), Layer::Host, &layers));
        assert!(!label.set_app(AppId(3), Layer::Host, &layers), "the first of equals stays");
        assert!(!label.set_app(AppId(3), Layer::Payload, &Layers::new(&[Layer::Host])), "a silent layer stays silent");
        assert_eq!(label.app, Some((AppId(2), Layer::Host)));
    }
}
