//! The layout as numbers, for a canvas that draws nodes itself.

use serde::Serialize;

use super::Picture;
use super::layout::{CARD_WIDTH, height, layout};

/// Where everything is, in pixels from the top left.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Placed {
    /// Width of the picture.
    pub width: i64,
    /// Height of the picture.
    pub height: i64,
    /// The nodes, in the order of the flow.
    pub nodes: Vec<PlacedCard>,
}

/// Where a node is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct PlacedCard {
    /// Its name.
    pub node: String,
    /// Left.
    pub x: i64,
    /// Top.
    pub y: i64,
    /// Width.
    pub width: i64,
    /// Height.
    pub height: i64,
}

/// Where the nodes of a picture are.
#[must_use]
pub fn places(picture: &Picture) -> Placed {
    let all = layout(picture);
    let placed = picture.cards.iter().zip(&all.places);
    let card = |(card, (x, y)): (&super::Card, &(i64, i64))| PlacedCard {
        node: card.name.clone(),
        x: *x,
        y: *y,
        width: CARD_WIDTH,
        height: height(card),
    };
    Placed { width: all.width, height: all.height, nodes: placed.map(card).collect() }
}
