//! State to picture. Reads the state and the layout, changes nothing.

use ratatui::buffer::Buffer;

use super::app::App;
use super::chrome::{footer, header, tabs, timeline};
use super::panes::PANES;
use super::pen::Pen;

/// Draws the whole screen; [`App::arrange`] was called for its size before.
pub fn screen(app: &App, buffer: &mut Buffer) {
    let plan = &app.plan;
    let mut pen = Pen::new(buffer, app.area, &app.theme);
    pen.clear(app.theme.base());
    header::draw(app, &mut pen.on(plan.header));
    tabs::draw(app, &mut pen, plan.rule);
    if let Some(detail) = &app.detail {
        detail.draw(app, &mut pen.on(plan.body));
    } else {
        if let Some(area) = plan.timeline {
            timeline::draw(app, &mut pen.on(area));
        }
        for slot in &plan.slots {
            if let Some(pane) = PANES.get(slot.pane) {
                pane.draw(app, &mut pen.on(slot.area), slot, slot.pane == app.focus());
            }
        }
    }
    footer::draw_toast(app, &mut pen.on(plan.toast));
    footer::draw(app, &mut pen.on(plan.footer));
    if let Some(overlay) = &app.overlay {
        overlay.draw(app, &mut pen);
    }
}
