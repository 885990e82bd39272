//! Status flows, drawn: as text for Mermaid, and as a picture that needs nothing else (SVG).
//!
//! Both show the same: initial states have a heavy frame, final ones a double one; a line is whole
//! where the provider sets the status, dashed where the platform does, dotted where the product
//! does; what the profile says beside (a step that may be left out, a reason that is needed, a
//! longest time) stands at the line. Nothing rests on colour. `layout` says where what stands: states
//! in columns by how far they are from the beginning, steps back in arcs below.

mod drawing;
mod drawn;
mod layout;
mod mermaid;

pub use drawing::{flows_svg, walked_flow_svg};
pub use drawn::Walked;
use drawn::{drawn, label};
pub use mermaid::flows_mermaid;
