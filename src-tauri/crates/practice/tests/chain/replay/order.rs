//! When several things are wrong at once, the words are those of the specification's order.

use alloy_primitives::{Address, U256};
use serde_json::json;

use super::file::File;
use super::world::{World, aipg, setUpCall};

alloy::sol! {
    function pause();
    function unpause();
    function approve(address spender, uint256 amount);
    function registerWorker(uint256 amount);
    function unbond();
}

async fn refused(world: &World, who: &str, amount: U256) -> String {
    use alloy::sol_types::SolCall as _;
    let data = alloy_primitives::Bytes::from(registerWorkerCall { amount }.abi_encode());
    let call = json!({ "from": world.who(who), "to": world.place("grid"), "data": data });
    let words = world.ask(&call).await.expect_err("something is wrong still");
    String::from_utf8_lossy(&words[68..]).trim_end_matches('\0').to_owned()
}

#[tokio::test]
async fn a_deposit_is_refused_for_the_first_of_its_faults() {
    let world = World::put(File::read(), "V2").await;
    let (grid, token) = (world.place("grid"), world.place("token"));
    world.call("A", "token", approveCall { spender: grid, amount: aipg(1000) }).await;
    world.call("A", "grid", registerWorkerCall { amount: aipg(1000) }).await;
    world.first(setUpCall { token: Address::ZERO, minBond: aipg(1000) }).await;
    world.call("admin", "token", pauseCall {}).await;
    world.call("pauser", "grid", pauseCall {}).await;

    // A is bonded, C has neither allowance nor AIPG; nobody may transfer, and nothing is the amount.
    assert_eq!(refused(&world, "A", U256::ZERO).await, "WorkerRegistry: paused");
    world.call("admin", "grid", unpauseCall {}).await;
    assert_eq!(refused(&world, "A", U256::ZERO).await, "WorkerRegistry: already registered");
    world.call("A", "grid", unbondCall {}).await;
    assert_eq!(refused(&world, "A", U256::ZERO).await, "WorkerRegistry: insufficient bond");
    assert_eq!(refused(&world, "A", aipg(1000)).await, "WorkerRegistry: token not set");
    world.first(setUpCall { token, minBond: aipg(1000) }).await;
    assert_eq!(refused(&world, "A", aipg(1000)).await, "WorkerRegistry: bond in cooldown");
    assert_eq!(refused(&world, "C", aipg(1000)).await, "ERC20: insufficient allowance");
    world.call("C", "token", approveCall { spender: grid, amount: aipg(1000) }).await;
    assert_eq!(refused(&world, "C", aipg(1000)).await, "ERC20Pausable: token transfer while paused");
    world.call("admin", "token", unpauseCall {}).await;
    assert_eq!(refused(&world, "C", aipg(1000)).await, "ERC20: transfer amount exceeds balance");
}
