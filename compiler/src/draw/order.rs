//! The order of things in a column: few crossings first (barycentres), then places near what they are joined to.

/// Sweeps over all columns.
const SWEEPS: usize = 12;

/// A line between neighbouring columns: the item on the left with the height at which it leaves, and the same on the
/// right. Heights are from the item's top.
#[derive(Clone, Copy, Debug)]
pub(super) struct Link {
    pub from: usize,
    pub from_at: i64,
    pub to: usize,
    pub to_at: i64,
}

/// The lines of every item, by the side on which they join it.
struct Near {
    left: Vec<Vec<Link>>,
    right: Vec<Vec<Link>>,
}

impl Near {
    fn of(links: &[Link], items: usize) -> Near {
        let mut near = Near { left: vec![Vec::new(); items], right: vec![Vec::new(); items] };
        for link in links {
            if let Some(right) = near.right.get_mut(link.from) {
                right.push(*link);
            }
            if let Some(left) = near.left.get_mut(link.to) {
                left.push(*link);
            }
        }
        near
    }

    fn left(&self, item: usize) -> &[Link] {
        self.left.get(item).map_or(&[], Vec::as_slice)
    }

    fn right(&self, item: usize) -> &[Link] {
        self.right.get(item).map_or(&[], Vec::as_slice)
    }
}

/// Items of a column, top to bottom.
pub(super) type Column = Vec<usize>;

/// Orders every column so that few lines cross.
pub(super) fn uncross(columns: &mut [Column], links: &[Link], items: usize) {
    let near = Near::of(links, items);
    let mut best: Vec<Column> = columns.to_vec();
    let mut fewest = crossings(columns, links, items);
    for sweep in 0..SWEEPS {
        let forwards = sweep % 2 == 0;
        let count = columns.len();
        for step in 0..count {
            let at = if forwards { step } else { count - 1 - step };
            let place = places(columns, items);
            let key = |item: usize| barycentre(item, &near, &place, forwards);
            if let Some(column) = columns.get_mut(at) {
                // Those without a neighbour on this side stay where they are.
                let mut keyed: Vec<(i64, usize)> = column
                    .iter()
                    .map(|item| (key(*item).unwrap_or_else(|| here(&place, *item)), *item))
                    .collect();
                keyed.sort_by_key(|(key, _)| *key);
                *column = keyed.into_iter().map(|(_, item)| item).collect();
            }
        }
        let crossed = crossings(columns, links, items);
        if crossed < fewest {
            fewest = crossed;
            best = columns.to_vec();
        }
    }
    columns.clone_from_slice(&best);
}

/// Where each item stands in its column, in thousandths of an item.
fn places(columns: &[Column], items: usize) -> Vec<i64> {
    let mut place = vec![0; items];
    for column in columns {
        for (at, item) in (0_i64..).zip(column) {
            if let Some(slot) = place.get_mut(*item) {
                *slot = at * 1_000;
            }
        }
    }
    place
}

fn here(place: &[i64], item: usize) -> i64 {
    place.get(item).copied().unwrap_or(0)
}

/// The mean place of an item's neighbours on one side. Lines that leave a card further down count as further down.
fn barycentre(item: usize, near: &Near, place: &[i64], leftwards: bool) -> Option<i64> {
    let sum: i64 = if leftwards {
        near.left(item).iter().map(|l| here(place, l.from) + l.from_at.min(999)).sum()
    } else {
        near.right(item).iter().map(|l| here(place, l.to) + l.to_at.min(999)).sum()
    };
    let count = if leftwards { near.left(item).len() } else { near.right(item).len() };
    sum.checked_div(i64::try_from(count).unwrap_or(i64::MAX))
}

/// How many pairs of lines cross.
fn crossings(columns: &[Column], links: &[Link], items: usize) -> usize {
    let place = places(columns, items);
    let mut column_of = vec![0; items];
    for (at, column) in columns.iter().enumerate() {
        for item in column {
            if let Some(slot) = column_of.get_mut(*item) {
                *slot = at;
            }
        }
    }
    let mut by_column: Vec<Vec<(i64, i64)>> = vec![Vec::new(); columns.len()];
    for link in links {
        let ends = (here(&place, link.from) + link.from_at.min(999), here(&place, link.to));
        if let Some(lines) = column_of.get(link.from).and_then(|c| by_column.get_mut(*c)) {
            lines.push(ends);
        }
    }
    by_column.iter().map(|lines| crossed(lines)).sum()
}

fn crossed(lines: &[(i64, i64)]) -> usize {
    let rest = |n: usize| lines.get(n + 1..).unwrap_or(&[]);
    let cross = |a: &(i64, i64), b: &(i64, i64)| (a.0 - b.0).signum() * (a.1 - b.1).signum() < 0;
    lines.iter().enumerate().map(|(n, a)| rest(n).iter().filter(|b| cross(a, b)).count()).sum()
}

/// The tops of all items: as near as can be to what they are joined to, in their order, with a gap between them.
pub(super) fn settle(columns: &[Column], links: &[Link], heights: &[i64], gap: i64) -> Vec<i64> {
    let near = Near::of(links, heights.len());
    let mut tops = vec![0; heights.len()];
    for column in columns {
        let wanted = vec![0; column.len()];
        place_column(column, &wanted, heights, gap, &mut tops);
    }
    for sweep in 0..SWEEPS {
        let forwards = sweep % 2 == 0;
        for step in 0..columns.len() {
            let at = if forwards { step } else { columns.len() - 1 - step };
            let Some(column) = columns.get(at) else { continue };
            let wanted: Vec<i64> = column.iter().map(|item| wanted(*item, &near, &tops)).collect();
            place_column(column, &wanted, heights, gap, &mut tops);
        }
    }
    tops
}

/// Where an item's top would make its lines straight, on the mean of both sides.
fn wanted(item: usize, near: &Near, tops: &[i64]) -> i64 {
    let left = near.left(item).iter().map(|l| here(tops, l.from) + l.from_at - l.to_at);
    let right = near.right(item).iter().map(|l| here(tops, l.to) + l.to_at - l.from_at);
    let (sum, count) = left.chain(right).fold((0, 0), |(sum, count), at| (sum + at, count + 1));
    if count == 0 { here(tops, item) } else { sum / count }
}

/// Least squares with the order kept: items that would overlap move together (pool adjacent violators).
fn place_column(column: &[usize], wanted: &[i64], heights: &[i64], gap: i64, tops: &mut [i64]) {
    // (sum of what is wanted of the block's top, items, height)
    let mut blocks: Vec<(i64, i64, i64)> = Vec::new();
    let mean = |(sum, count, _): (i64, i64, i64)| sum.div_euclid(count.max(1));
    for (item, want) in column.iter().zip(wanted) {
        let mut block = (*want, 1, here(heights, *item) + gap);
        while let Some(above) = blocks.last().copied() {
            if mean(above) + above.2 <= mean(block) {
                break;
            }
            blocks.pop();
            block = (above.0 + block.0 - above.2 * block.1, above.1 + block.1, above.2 + block.2);
        }
        blocks.push(block);
    }
    let mut items = column.iter();
    for block in blocks {
        let mut top = mean(block);
        for _ in 0..block.1 {
            let Some(item) = items.next() else { return };
            if let Some(slot) = tops.get_mut(*item) {
                *slot = top;
            }
            top += here(heights, *item) + gap;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_lines_that_cross_are_uncrossed() {
        let link = |from, to| Link { from, from_at: 0, to, to_at: 0 };
        let (mut columns, links) = (vec![vec![0, 1], vec![2, 3]], [link(0, 3), link(1, 2)]);
        assert_eq!(crossings(&columns, &links, 4), 1);
        uncross(&mut columns, &links, 4);
        assert_eq!(crossings(&columns, &links, 4), 0);
    }

    #[test]
    fn items_of_a_column_never_overlap() {
        let link = |from, to| Link { from, from_at: 5, to, to_at: 5 };
        let (columns, links) = (vec![vec![0], vec![1, 2, 3]], [link(0, 1), link(0, 2), link(0, 3)]);
        let tops = settle(&columns, &links, &[10, 10, 30, 10], 4);
        assert!(tops[1] + 14 <= tops[2] && tops[2] + 34 <= tops[3], "{tops:?}");
    }
}
