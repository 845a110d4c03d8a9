//! What was observed on the real contracts, done again on ours: the same calls in, the same words, logs and bytes out.
//!
//! The file holds what was called, in order, but not what happened in between (pauses, time, funding): that is in
//! `scenes.rs`. Our contracts are put at the very addresses of the recording, so nothing has to be translated, and
//! signatures over an address hold. Gas is never compared.
//! The recording is always our own copy: it needs a chain in the right state, which a folder from outside cannot name.
#![expect(clippy::print_stderr, reason = "what a replay left out is told to whoever runs it")]

mod detection;
mod file;
mod order;
mod scenes;
mod world;

use std::collections::BTreeSet;

use alloy_primitives::{Bytes, hex};

use self::file::File;
use self::world::World;

/// Replays a world; what has no place in a scene yet is told. Answers how many recorded calls were compared.
async fn replay(name: &'static str) -> usize {
    let file = File::read();
    let recorded: BTreeSet<String> = file.ids(name);
    let mut world = World::put(file, name).await;
    scenes::all(&mut world).await;
    let left_out = &recorded - world.replayed();
    assert!(left_out.is_empty(), "{name}: without a place in a scene: {left_out:?}");
    eprintln!("{name}: {} of {} replayed", world.replayed().len(), recorded.len());
    world.replayed().len()
}

#[tokio::test]
async fn chain_vectors_replay_on_the_first_registry() {
    assert!(replay("V1").await >= 142, "fewer calls than were recorded");
}

#[tokio::test]
async fn chain_vectors_replay_on_the_main_branch() {
    assert!(replay("V1-main").await >= 9, "fewer calls than were recorded");
}

#[tokio::test]
async fn chain_vectors_replay_on_the_second_registry() {
    assert!(replay("V2").await >= 136, "fewer calls than were recorded");
}

/// Every catalogued revert is reached by a recorded case, and those were compared byte for byte above; here, that the
/// catalogue holds no revert our contracts could not make.
#[test]
fn chain_vectors_error_catalog_is_spoken_by_our_contracts() {
    let file = File::read();
    let reached = file.revert_data();
    let mut spoken = 0;
    for (reason, revert_data) in file.error_catalog() {
        if reached.contains(&revert_data) {
            spoken += 1;
        } else {
            assert!(contains(&reason), "no contract of ours says {reason:?}");
            eprintln!("not in a recorded case, but said by a contract: {reason}");
        }
    }
    assert!(spoken >= 40, "{spoken} catalogued reverts are in recorded cases");
}

/// Whether a contract's code holds these words. The compiler cuts words of more than 32 bytes into pieces.
fn contains(words: &str) -> bool {
    let mut pieces = words.as_bytes().chunks(32);
    pieces.all(|piece| {
        let piece = hex::encode(piece);
        world::CONTRACTS.iter().any(|name| hex::encode(practice::rigs::bytecode(name)).contains(&piece))
    })
}

fn bytes(text: &str) -> Bytes {
    text.parse().expect("hexadecimal bytes")
}
