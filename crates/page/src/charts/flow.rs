//! Streams from the channel before to the channel that followed.

use super::{SIDE, percent, place};
use maud::{Markup, html};
use model::Channel;

/// Share of the height between two nodes.
const GAP: f64 = 0.045;
/// Where the streams begin and end, as shares of the width: names stand outside.
const LEFT: f64 = 0.20;
const RIGHT: f64 = 0.80;

/// A stream of a certain weight.
#[derive(Clone, Copy, Debug)]
struct Stream {
    from: Channel,
    to: Channel,
    weight: f64,
}

/// A channel at an edge.
#[derive(Clone, Copy, Debug)]
struct Node {
    channel: Channel,
    top: f64,
    height: f64,
}

/// Draws streams, the widest first; `name` says a channel, `count` a weight.
#[must_use]
pub fn flow(
    streams: &[(Channel, Channel, u64)],
    says: &str,
    name: impl Fn(Channel) -> &'static str,
    count: impl Fn(u64) -> String,
) -> Markup {
    let streams: Vec<Stream> = streams
        .iter()
        .map(|(from, to, weight)| Stream {
            from: *from,
            to: *to,
            weight: *weight as f64,
        })
        .collect();
    if streams.iter().all(|stream| stream.weight <= 0.0) {
        return html! {};
    }
    let left = nodes(&streams, |stream| stream.from);
    let right = nodes(&streams, |stream| stream.to);
    let total = |nodes: &[Node], node: &Node, of: fn(&Stream) -> Channel| -> u64 {
        let _ = nodes;
        let of_node = streams.iter().filter(|stream| of(stream) == node.channel);
        of_node.map(|stream| stream.weight as u64).sum()
    };
    html! {
        svg class="flow" role="img" aria-label=(says) {
            svg width="100%" height="100%" viewBox={"0 0 " (SIDE) " " (SIDE)} preserveAspectRatio="none" {
                @for path in paths(&streams, &left, &right) { path class="stream" d=(path) {} }
                @for node in &left { (block(node, LEFT - 0.008)) }
                @for node in &right { (block(node, RIGHT)) }
            }
            @for node in &left {
                text class="name" x=(percent(LEFT - 0.02)) y=(middle(node)) dy="-2" text-anchor="end" { (name(node.channel)) }
                text x=(percent(LEFT - 0.02)) y=(middle(node)) dy="13" text-anchor="end" { (count(total(&left, node, |stream| stream.from))) }
            }
            @for node in &right {
                text class="name" x=(percent(RIGHT + 0.02)) y=(middle(node)) dy="-2" { (name(node.channel)) }
                text x=(percent(RIGHT + 0.02)) y=(middle(node)) dy="13" { (count(total(&right, node, |stream| stream.to))) }
            }
        }
    }
}

fn middle(node: &Node) -> String {
    percent(node.top + node.height / 2.0)
}

fn block(node: &Node, x: f64) -> Markup {
    html! {
        rect class="node" x=(place(x * SIDE)) y=(place(node.top * SIDE)) width=(place(0.008 * SIDE))
            height=(place(node.height.max(0.004) * SIDE)) {}
    }
}

/// Channels in their own order, one below the other, as high as what goes through them. One of little weight
/// still has the room that its name takes.
fn nodes(streams: &[Stream], of: fn(&Stream) -> Channel) -> Vec<Node> {
    let weights: Vec<(Channel, f64)> = Channel::ALL
        .iter()
        .map(|channel| {
            let through = streams.iter().filter(|stream| of(stream) == *channel);
            (*channel, through.map(|stream| stream.weight).sum::<f64>())
        })
        .filter(|(_, weight)| *weight > 0.0)
        .collect();
    let sum: f64 = weights.iter().map(|(_, weight)| weight).sum();
    let room = 1.0 - GAP * (weights.len().saturating_sub(1)) as f64;
    let least = 0.09;
    let heights: Vec<f64> = weights
        .iter()
        .map(|(_, weight)| (weight / sum * room).max(least))
        .collect();
    // What the small ones take more is taken from all.
    let taken: f64 = heights.iter().sum();
    let mut top = 0.0;
    let mut nodes = Vec::new();
    for ((channel, _), height) in weights.iter().zip(heights) {
        let height = height / taken * room;
        nodes.push(Node {
            channel: *channel,
            top,
            height,
        });
        top += height + GAP;
    }
    nodes
}

/// The shape of each stream. At both ends it takes its share of the node, in the order of the channels there, so
/// that streams cross as little as can be.
fn paths(streams: &[Stream], left: &[Node], right: &[Node]) -> Vec<String> {
    let end =
        |nodes: &[Node], of: fn(&Stream) -> Channel, to: fn(&Stream) -> Channel, one: &Stream| {
            let node = nodes.iter().find(|node| node.channel == of(one)).copied()?;
            let beside = streams.iter().filter(|stream| of(stream) == of(one));
            let sum: f64 = beside.clone().map(|stream| stream.weight).sum();
            let above = beside.filter(|stream| to(stream) < to(one));
            let above: f64 = above.map(|stream| stream.weight).sum();
            let top = node.top + node.height * above / sum;
            Some((top, node.height * one.weight / sum))
        };
    let shapes = streams.iter().filter_map(|stream| {
        let (from, from_height) = end(left, |stream| stream.from, |stream| stream.to, stream)?;
        let (to, to_height) = end(right, |stream| stream.to, |stream| stream.from, stream)?;
        let (x0, x1, middle) = (LEFT * SIDE, RIGHT * SIDE, (LEFT + RIGHT) / 2.0 * SIDE);
        let y = |share: f64| place(share * SIDE);
        let (x0, x1, middle) = (place(x0), place(x1), place(middle));
        Some(format!(
            "M{x0} {}C{middle} {},{middle} {},{x1} {}V{}C{middle} {},{middle} {},{x0} {}Z",
            y(from),
            y(from),
            y(to),
            y(to),
            y(to + to_height),
            y(to + to_height),
            y(from + from_height),
            y(from + from_height),
        ))
    });
    shapes.collect()
}
