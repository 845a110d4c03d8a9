//! How sockets end.

use practice::Event;
use tokio::time::timeout;

use crate::support::{Got, PATIENCE, Wire, ask, drained, event, network, question};

fn closed(code: u16) -> Event {
    Event::SocketClosed { worker: Some("rig".into()), code }
}

#[tokio::test]
async fn a_workers_close_is_answered_while_idle_and_inside_a_job() {
    let (network, _) = network().await;
    let account = network.open_account(None);
    let mut events = network.events();
    let mut idle = Wire::worker(&network, &account.api_key, "rig").await;
    idle.close(4000).await;
    assert_eq!(idle.next().await, Got::Close(4000), "a close without an answer looks like a lost line");
    event(&mut events, |event| *event == closed(4000)).await;

    let mut busy = Wire::worker(&network, &account.api_key, "rig").await;
    let _asking = ask(&network, &account, question());
    busy.job().await;
    busy.close(1001).await;
    assert_eq!(busy.next().await, Got::Close(1001));
    event(&mut events, |event| *event == closed(1001)).await;
}

#[tokio::test]
async fn a_frame_too_big_to_be_read_closes_with_1009() {
    let (network, _) = network().await;
    let account = network.open_account(None);
    let mut events = network.events();
    let mut wire = Wire::worker(&network, &account.api_key, "rig").await;
    // A binary frame of 64 MiB and a byte, with a zero mask; only its beginning is sent.
    let size = (64_u64 * 1024 * 1024 + 1).to_be_bytes();
    wire.write(&[&[0x82, 0xff], &size[..], &[0; 4], &[0; 128 * 1024]].concat()).await;
    assert_eq!(wire.next().await, Got::Close(1009));
    drop(wire);
    event(&mut events, |event| *event == closed(1009)).await;
}

#[tokio::test]
async fn a_shutdown_does_not_wait_for_a_worker_that_reads_nothing() {
    let (network, _) = network().await;
    let account = network.open_account(None);
    let mut events = network.events();
    let wire = Wire::worker(&network, &account.api_key, "rig").await;
    // More than the buffers of a connection hold, so that the network is stuck in the middle of it.
    assert!(network.rigs().send_oversize("rig", 64 * 1024 * 1024));
    let mut bystander = Wire::worker(&network, &account.api_key, "bystander").await;
    assert!(network.rigs().send_text("bystander", "{}"));
    assert_eq!(bystander.frame().await, serde_json::json!({}), "the network got as far as this");
    timeout(PATIENCE, network.shutdown()).await.expect("it ends");
    let ends = drained(&mut events);
    assert!(ends.contains(&closed(1012)), "the stuck socket ended within the shutdown: {ends:?}");
    drop(wire);
}
