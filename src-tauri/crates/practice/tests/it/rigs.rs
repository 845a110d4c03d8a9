//! The rigs do what they say.

use serde_json::json;

use crate::support::{Got, Wire, network};

#[tokio::test]
async fn rigs_cut_close_and_send_garbage() {
    let (network, _) = network().await;
    let account = network.open_account(None);
    let mut wire = Wire::worker(&network, &account.api_key, "rig").await;
    assert!(network.rigs().send_text("rig", r#"{"type":"error","message":"out of the blue"}"#));
    assert_eq!(wire.frame().await, json!({"type": "error", "message": "out of the blue"}));
    assert!(network.rigs().send_oversize("rig", 1 << 20));
    assert!(wire.frame().await["x"].as_str().is_some_and(|filler| filler.len() == 1 << 20));
    assert!(network.rigs().close_socket("rig", 4001));
    assert_eq!(wire.next().await, Got::Close(4001));

    let mut wire = Wire::worker(&network, &account.api_key, "rig").await;
    assert!(network.rigs().drop_socket("rig"));
    assert_eq!(wire.next().await, Got::Cut);
    assert!(!network.rigs().drop_socket("nobody"), "there is no such worker");
}
