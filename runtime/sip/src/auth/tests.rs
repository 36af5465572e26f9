//! Counts and nonces; whole exchanges are in the crate's tests.

use super::*;

#[test]
fn each_count_is_taken_once_in_any_order_within_the_window() {
    let mut counts = Counts::default();
    let takes = [
        (1, true),
        (1, false),
        (3, true),
        (2, true),
        (2, false),
        (3, false),
        (100, true),
        (37, true),
        (36, true),
        (35, false),
        (99, true),
        (99, false),
    ];
    for (count, fresh) in takes {
        assert_eq!(counts.take(count), fresh, "{count}");
    }
}

#[test]
fn a_forged_or_old_nonce_is_not_ours() {
    let directory = std::sync::Arc::new(Directory::default());
    let config = crate::config::Config::new(IpAddr::from([127, 0, 0, 1]), 5060);
    let mut cx = Cx::new(config, directory, [1; 32]);
    let auth = Auth::new([2; 32]);
    cx.now = Duration::from_secs(10);
    let nonce = auth.nonce(&mut cx);
    assert_eq!(auth.issued(cx.now, &nonce), Some(cx.now));
    assert_eq!(auth.issued(cx.now + NONCE_LIFE, &nonce), Some(cx.now));
    assert_eq!(auth.issued(cx.now + NONCE_LIFE + Duration::from_millis(1), &nonce), None);
    assert_eq!(Auth::new([3; 32]).issued(cx.now, &nonce), None);
    assert_eq!(auth.issued(cx.now, &nonce.replacen('0', "1", 1)), None);
    for text in ["", "short", "é".repeat(40).as_str()] {
        assert_eq!(auth.issued(cx.now, text), None);
    }
    assert_eq!(auth.remembered(), 0, "handing out nonces stores nothing");
}
