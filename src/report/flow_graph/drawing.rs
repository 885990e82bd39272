//! Status flows as a picture: SVG, with everything in it that it needs.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::layout::{Layout, Place};
use super::{Walked, drawn, label};
use crate::profile::{Edge, Flow, Profile, Setter};

/// All lengths are in pixels.
const LETTER: usize = 8;
const BOX_HEIGHT: usize = 32;
const ROW: usize = 56;
const GAP: usize = 88;
const MARGIN: usize = 24;
const HEADING: usize = 40;
const ARC: usize = 34;
const LEGEND: [(&str, Setter); 3] = [
    ("set by the provider", Setter::Provider),
    ("by the platform", Setter::Platform),
    ("by the product", Setter::Product),
];

/// The flows of `profile`, one below the other, and a legend: an SVG document that refers to
/// nothing else, black on white.
#[must_use]
pub fn flows_svg(profile: &Profile) -> String {
    let mut body = String::new();
    let mut width = 0;
    let mut top = MARGIN;
    for drawn in drawn(profile) {
        let picture = Picture::of(drawn.flow, Some(&drawn.name), top, &Pen::plain());
        width = width.max(picture.width);
        top += picture.height;
        body += &picture.text;
    }
    let legend = legend(&mut body, top);
    let (width, height) = (width.max(legend) + MARGIN, top + ROW);
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
         viewBox=\"0 0 {width} {height}\" role=\"img\" aria-label=\"Status flows of the profile {name}\" \
         font-family=\"Helvetica, Arial, sans-serif\" font-size=\"13\">\n\
         <defs><marker id=\"tip\" viewBox=\"0 0 8 8\" refX=\"8\" refY=\"4\" markerWidth=\"8\" \
         markerHeight=\"8\" orient=\"auto\"><path d=\"M0 0 L8 4 L0 8 z\"/></marker></defs>\n\
         <rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n{body}</svg>\n",
        name = escaped(&profile.name)
    )
}

/// A flow by itself, on a ground that is somebody else's: each line that was walked is heavy and carries
/// what `walked` says of it. `id` begins the ids in it, which are those of a whole document.
#[must_use]
pub fn walked_flow_svg(name: &str, flow: &Flow, walked: &Walked, id: &str) -> String {
    let pen = Pen {
        tip: format!("{id}-tip"),
        walked: Some(walked),
    };
    let picture = Picture::of(flow, None, 0, &pen);
    let (width, height) = (picture.width + MARGIN, picture.height);
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
         viewBox=\"0 0 {width} {height}\" role=\"img\" aria-label=\"Status flow: {name}\" font-size=\"13\">\n\
         <defs><marker id=\"{tip}\" viewBox=\"0 0 8 8\" refX=\"8\" refY=\"4\" markerWidth=\"9\" \
         markerHeight=\"9\" markerUnits=\"userSpaceOnUse\" orient=\"auto\">\
         <path class=\"tip\" d=\"M0 0 L8 4 L0 8 z\"/></marker></defs>\n{body}</svg>\n",
        name = escaped(name),
        tip = pen.tip,
        body = picture.text,
    )
}

/// How lines are drawn.
struct Pen<'w> {
    /// The id of the tip of lines.
    tip: String,
    /// What is said of lines that were walked; nothing where that is not the matter.
    walked: Option<&'w Walked>,
}

impl Pen<'_> {
    fn plain() -> Self {
        Self {
            tip: "tip".to_owned(),
            walked: None,
        }
    }

    /// What makes the line of `edge` heavy.
    fn weight(&self, edge: &Edge) -> &'static str {
        match self.walked {
            None => "",
            Some(walked) if said(walked, edge).is_some() => {
                " class=\"walked\" stroke-width=\"2.5\""
            }
            Some(_) => " class=\"idle\"",
        }
    }

    /// What stands at the line of `edge`.
    fn words(&self, edge: &Edge) -> String {
        let walked = self.walked.and_then(|walked| said(walked, edge));
        let label = Some(label(edge)).filter(|label| !label.is_empty());
        let words: Vec<String> = walked.cloned().into_iter().chain(label).collect();
        words.join(", ")
    }
}

fn said<'w>(walked: &'w Walked, edge: &Edge) -> Option<&'w String> {
    walked.get(&(edge.from.as_str().into(), edge.to.as_str().into()))
}

/// A flow, drawn.
struct Picture {
    text: String,
    width: usize,
    height: usize,
}

/// Where something stands: its left and right end, and its middle in height.
#[derive(Clone, Copy)]
struct Spot {
    left: usize,
    right: usize,
    middle: usize,
}

impl Picture {
    /// `flow` below `top`, under its name where one is to stand there.
    fn of(flow: &Flow, name: Option<&str>, top: usize, pen: &Pen<'_>) -> Self {
        let above = if name.is_some() { HEADING } else { MARGIN };
        let layout = Layout::of(flow);
        let states: Vec<&str> = flow.states().collect();
        let rows = layout
            .columns
            .iter()
            .map(Vec::len)
            .max()
            .unwrap_or_default();
        let (spots, width) = spots(&layout, &states, top + above, rows);
        let leads_back = (0..layout.ends.len()).any(|edge| layout.way(edge).is_none());
        let below = if name.is_some() || leads_back { ARC } else { 0 };
        let mut picture = Self {
            text: String::new(),
            width,
            height: above + rows * ROW + below + MARGIN,
        };
        if let Some(name) = name {
            let heading = format!("{name} ({})", flow.provenance);
            picture.line(&format!(
                "<text x=\"{MARGIN}\" y=\"{}\" font-size=\"16\" font-weight=\"bold\">{}</text>",
                top + 16,
                escaped(&heading)
            ));
            picture.width = picture.width.max(MARGIN + heading.chars().count() * 10);
        }
        for (number, edge) in flow.edges().iter().enumerate() {
            picture.edge(&layout, &spots, number, edge, pen);
        }
        for (number, state) in states.iter().enumerate() {
            let spot = spots[&Place::State(number)];
            picture.state(state, spot, flow.is_initial(state), flow.is_terminal(state));
        }
        // Labels last: nothing runs over them.
        for (number, edge) in flow.edges().iter().enumerate() {
            picture.label(&layout, &spots, number, &pen.words(edge));
        }
        picture
    }

    fn line(&mut self, line: &str) {
        self.text += line;
        self.text.push('\n');
    }

    fn edge(
        &mut self,
        layout: &Layout,
        spots: &BTreeMap<Place, Spot>,
        number: usize,
        edge: &Edge,
        pen: &Pen<'_>,
    ) {
        let path = if let Some(way) = layout.way(number) {
            let spots: Vec<Spot> = way.iter().map(|place| spots[place]).collect();
            forward(&spots)
        } else {
            let (from, to) = layout.ends[number];
            back(spots[&Place::State(from)], spots[&Place::State(to)])
        };
        self.line(&format!(
            "<path d=\"{path}\" fill=\"none\" stroke=\"black\"{}{} marker-end=\"url(#{})\"/>",
            dashes(edge.set_by),
            pen.weight(edge),
            pen.tip
        ));
    }

    fn state(&mut self, name: &str, spot: Spot, is_initial: bool, is_terminal: bool) {
        let (top, width) = (spot.middle - BOX_HEIGHT / 2, spot.right - spot.left);
        let stroke = if is_initial { 3 } else { 1 };
        self.line(&format!(
            "<rect x=\"{}\" y=\"{top}\" width=\"{width}\" height=\"{BOX_HEIGHT}\" rx=\"6\" \
             fill=\"white\" stroke=\"black\" stroke-width=\"{stroke}\"/>",
            spot.left
        ));
        if is_terminal {
            self.line(&format!(
                "<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" rx=\"4\" fill=\"none\" \
                 stroke=\"black\"/>",
                spot.left + 3,
                top + 3,
                width - 6,
                BOX_HEIGHT - 6
            ));
        }
        self.line(&format!(
            "<text x=\"{}\" y=\"{}\" text-anchor=\"middle\">{}</text>",
            usize::midpoint(spot.left, spot.right),
            spot.middle + 5,
            escaped(name)
        ));
    }

    /// What stands at a line: before its tip, so that it is plain to which it belongs.
    fn label(&mut self, layout: &Layout, spots: &BTreeMap<Place, Spot>, edge: usize, words: &str) {
        if words.is_empty() {
            return;
        }
        let (from, to) = layout.ends[edge];
        let (from, to) = (spots[&Place::State(from)], spots[&Place::State(to)]);
        let (x, y) = if let Some(way) = layout.way(edge) {
            let before = way.iter().rev().nth(1).map_or(from, |place| spots[place]);
            let x = usize::midpoint(before.right, to.left);
            // Beside the line, on the side to which it turns away.
            let middle = usize::midpoint(before.middle, to.middle);
            let y = if before.middle <= to.middle {
                middle + LETTER * 3
            } else {
                middle.saturating_sub(LETTER)
            };
            (x, y)
        } else {
            let lowest = from.middle.max(to.middle) + BOX_HEIGHT / 2 + ARC;
            (usize::midpoint(from.left, to.right), lowest - ARC / 4)
        };
        self.line(&format!(
            "<text x=\"{x}\" y=\"{}\" text-anchor=\"middle\" font-size=\"11\" stroke=\"white\" \
             stroke-width=\"4\" paint-order=\"stroke\">{}</text>",
            y + 4,
            escaped(words)
        ));
    }
}

/// Where everything of a flow stands below `top`, and how far it reaches to the right.
fn spots(
    layout: &Layout,
    states: &[&str],
    top: usize,
    rows: usize,
) -> (BTreeMap<Place, Spot>, usize) {
    let mut spots = BTreeMap::new();
    let mut left = MARGIN;
    for column in &layout.columns {
        let longest = column.iter().map(|place| match place {
            Place::State(number) => states[*number].chars().count(),
            Place::Bend(..) => 0,
        });
        let width = longest.max().unwrap_or_default() * LETTER + 2 * LETTER;
        // A column that is shorter stands in the middle of the others.
        let above = top + (rows - column.len()) * ROW / 2;
        for (row, place) in column.iter().enumerate() {
            let spot = Spot {
                left,
                right: left + width,
                middle: above + row * ROW + BOX_HEIGHT / 2,
            };
            spots.insert(*place, spot);
        }
        left += width + GAP;
    }
    (spots, left - GAP)
}

/// A line from the right of the first spot to the left of the last, through those between.
fn forward(spots: &[Spot]) -> String {
    let mut path = String::new();
    for (number, pair) in spots.windows(2).enumerate() {
        let (from, to) = (pair[0], pair[1]);
        if number == 0 {
            write!(path, "M{} {}", from.right, from.middle).expect("a String takes it");
        } else {
            write!(path, " H{}", from.right).expect("a String takes it");
        }
        let bend = usize::midpoint(from.right, to.left);
        write!(
            path,
            " C{bend} {} {bend} {} {} {}",
            from.middle, to.middle, to.left, to.middle
        )
        .expect("a String takes it");
    }
    path
}

/// An arc from below the one to below the other.
fn back(from: Spot, to: Spot) -> String {
    let (start, end) = (
        usize::midpoint(from.left, from.right),
        usize::midpoint(to.left, to.right),
    );
    let (first, last) = (from.middle + BOX_HEIGHT / 2, to.middle + BOX_HEIGHT / 2);
    let lowest = first.max(last) + ARC;
    format!("M{start} {first} C{start} {lowest} {end} {lowest} {end} {last}")
}

fn dashes(by: Setter) -> &'static str {
    match by {
        Setter::Provider => "",
        Setter::Platform => " stroke-dasharray=\"7 4\"",
        Setter::Product => " stroke-dasharray=\"2 3\"",
    }
}

/// Draws the legend at `top`, and says how far it reaches to the right.
fn legend(body: &mut String, top: usize) -> usize {
    let mut left = MARGIN;
    for (words, by) in LEGEND {
        let (end, line) = (left + 36, top + 10);
        writeln!(
            body,
            "<path d=\"M{left} {line} H{end}\" stroke=\"black\"{} marker-end=\"url(#tip)\"/>\
             <text x=\"{}\" y=\"{}\" font-size=\"12\">{words}</text>",
            dashes(by),
            end + 8,
            line + 4
        )
        .expect("a String takes it");
        left = end + 8 + words.len() * 7 + 24;
    }
    let words = "heavy frame: initial · double frame: final";
    writeln!(
        body,
        "<text x=\"{left}\" y=\"{}\" font-size=\"12\">{words}</text>",
        top + 14
    )
    .expect("a String takes it");
    left + words.chars().count() * 7
}

fn escaped(text: &str) -> String {
    quick_xml::escape::escape(text).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_picture_of_the_built_in_flows() {
        insta::assert_snapshot!(flows_svg(&Profile::built_in()));
    }

    #[test]
    fn a_picture_is_whole_and_refers_to_nothing_outside() {
        let text = r#"
[flows.odd]
initial = ["<A & \"B\">"]
terminal = ["Z"]
edges = [
  { from = "<A & \"B\">", to = ["Z"], by = "product", may-skip = true },
  { from = "<A & \"B\">", to = ["C"], by = "platform" },
  { from = "C", to = ["<A & \"B\">"], max-dwell = "2s" },
]
"#;
        let profile = Profile::with_override(text, "own.toml").unwrap();
        let svg = flows_svg(&profile);
        let mut reader = quick_xml::Reader::from_str(&svg);
        let mut texts = 0;
        loop {
            match reader.read_event().unwrap() {
                quick_xml::events::Event::Eof => break,
                quick_xml::events::Event::Start(start) => {
                    texts += usize::from(start.name().as_ref() == "text");
                }
                _ => {}
            }
        }
        assert!(texts > 20, "{texts}");
        assert!(!svg.contains("href") && !svg.contains("<style") && !svg.contains("<A"));
        assert!(svg.contains("&lt;A &amp; &quot;B&quot;&gt;"), "{svg}");
        assert!(svg.contains("may be left out") && svg.contains("within 2s"));
    }

    #[test]
    fn nothing_stands_on_anything_else() {
        let profile = Profile::built_in();
        for flow in profile.flows.values() {
            let layout = Layout::of(flow);
            let states: Vec<&str> = flow.states().collect();
            let rows = layout.columns.iter().map(Vec::len).max().unwrap();
            let (spots, _) = spots(&layout, &states, 0, rows);
            let all: Vec<Spot> = spots.into_values().collect();
            for (number, one) in all.iter().enumerate() {
                for other in &all[number + 1..] {
                    let beside = one.right <= other.left || other.right <= one.left;
                    assert!(beside || one.middle.abs_diff(other.middle) >= ROW);
                }
            }
        }
    }
}
