//! What happened between the recorded calls, scene by scene. Each scene begins from the same state.

use std::time::Duration;

use alloy_primitives::{Address, B256, U256, keccak256};

use super::world::{BOTH, SECOND, World, add, aipg, change, setUpCall};

alloy::sol! {
    function pause();
    function unpause();
    function approve(address spender, uint256 amount);
    function transfer(address to, uint256 amount);
    function registerWorker(uint256 amount);
    function unbond();
    function setUnbondingPeriod(uint256 period);
    function flagAsSlashed(address worker);
    function seize(address to);
    function stake(uint256 amount);
    function notifyRewardAmount(uint256 reward);
    function setPeriodAllocation(uint256 amount, string reason);
    function reportPeriod(uint256 periodId, bytes32 root, uint256 totalDen, string uri);
    function claim(address worker, uint256 periodId, uint256 den, bytes32[] proof);

    struct Model {
        bytes32 modelHash;
        uint8 modelType;
        string fileName;
        string name;
        string version;
        string ipfsCid;
        string downloadUrl;
        uint256 sizeBytes;
        string quantization;
        string format;
        uint32 vramMB;
        string baseModel;
        bool inpainting;
        bool img2img;
        bool controlnet;
        bool lora;
        bool isActive;
        bool isNSFW;
        uint256 timestamp;
        address creator;
    }

    struct Constraints {
        uint16 stepsMin;
        uint16 stepsMax;
        uint16 cfgMinTenths;
        uint16 cfgMaxTenths;
        uint8 clipSkip;
        bytes32[] samplers;
        bytes32[] schedulers;
        bool exists;
    }

    function putModel(Model model);
    function putConstraints(bytes32 modelHash, Constraints limits);
}

const WEEK: Duration = Duration::from_secs(604_800);

pub(super) async fn all(w: &mut World) {
    bonding(w).await;
    minimum_zero(w).await;
    token_unset(w).await;
    permit(w).await;
    if w.is("V2") {
        cooldown(w).await;
        slashing(w).await;
    } else {
        instant_exit(w).await;
        flagged(w).await;
    }
    rewards(w).await;
    odd_periods(w).await;
    drained(w).await;
    if w.is("V1") {
        seized(w).await;
        upgraded(w).await;
        vault(w).await;
        vault_underfunded(w).await;
        models(w).await;
    }
}

async fn allow(w: &World, who: &str, spender: &str, amount: U256) {
    w.call(who, "token", approveCall { spender: w.place(spender), amount }).await;
}

async fn bond(w: &World, who: &str, amount: U256) {
    allow(w, who, "grid", amount).await;
    w.call(who, "grid", registerWorkerCall { amount }).await;
}

/// Runs what comes with a contract paused.
macro_rules! while_paused {
    ($w:ident, $who:literal pauses $what:literal, $($then:stmt);+) => {{
        $w.call($who, $what, pauseCall {}).await;
        $($then)+
        $w.call("admin", $what, unpauseCall {}).await;
    }};
}

async fn bonding(w: &mut World) {
    w.views(&["getMinBond.default", "getWorker.unknown", "isWorkerActive.unknown", "isPaused.no", "owner"])
        .await;
    w.views(&["hasRole.admin", "getTotalBonded.zero", "moduleAddress.registerWorker"]).await;
    w.views(&["moduleAddress.unbond", "moduleAddress.getWorker", "moduleAddress.withdrawBond"]).await;
    w.views(&["moduleAddress.cancelUnbond", "moduleAddress.getUnbondInfo", "moduleAddress.slash"]).await;
    w.views(&["moduleAddress.unbondingPeriod", "moduleAddress.getDenMultiplier"]).await;
    w.views(&["moduleAddress.registerValidator", "getUnbondInfo.probe", "unbondingPeriod.probe"]).await;
    w.views(&["getDenMultiplier.probe", "getActiveValidators.absent", "getModel.missing"]).await;
    w.cases(&["bond.no_allowance", "approve.exact", "bond.below_min", "bond.insufficient_allowance"]).await;
    w.cases(&["bond.value_sent", "bond.ok"]).await;
    w.views(&["getWorker.active", "isWorkerActive.active", "getTotalBonded.one"]).await;
    w.cases(&["bond.double", "bond.insufficient_balance", "bond.insufficient_balance2"]).await;
    w.cases(&["unbond.not_registered"]).await;
    while_paused!(w, "pauser" pauses "grid",
        w.views(&["isPaused.yes"]).await;
        w.cases(&["bond.paused", "unbond.paused"]).await
    );
    while_paused!(w, "admin" pauses "token",
        w.cases(&["approve.token_paused", "bond.token_paused"]).await;
        if !w.is("V2") {
            w.cases(&["unbond.token_paused"]).await;
        }
    );
    w.cases(&["unlimited.approve", "unlimited.bond"]).await;
    w.views(&["allowance.after_unlimited"]).await;
    w.cases(&["unknown_selector", "eth_to_grid"]).await;
}

async fn minimum_zero(w: &mut World) {
    w.reset().await;
    w.first(setUpCall { token: w.place("token"), minBond: U256::ZERO }).await;
    w.views(&["getMinBond.zero"]).await;
    w.cases(&["min0.bond_zero"]).await;
    w.views(&["getWorker.min0_zero"]).await;
    allow(w, "B", "grid", U256::ONE).await;
    w.cases(&["min0.bond_one_unit", "min0.unbond_zero"]).await;
    if w.is("V2") {
        w.wait(WEEK).await;
        w.cases(&["min0.withdraw_zero"]).await;
    }
}

async fn token_unset(w: &mut World) {
    w.reset().await;
    w.first(setUpCall { token: Address::ZERO, minBond: aipg(1000) }).await;
    w.cases(&["token_not_set"]).await;
}

async fn permit(w: &mut World) {
    w.reset().await;
    w.views(&["eip712Domain", "DOMAIN_SEPARATOR", "nonces"]).await;
    if w.is("V1-main") {
        // No signature was recorded for its token.
        return bond(w, "A", aipg(1000)).await;
    }
    w.cases(&["permit.expired", "permit.wrong_nonce", "permit.ok", "permit.replay", "permit.bond"]).await;
}

async fn instant_exit(w: &mut World) {
    w.cases(&["unbond.ok"]).await;
    w.views(&["getWorker.after_unbond"]).await;
    w.cases(&["unbond.twice", "withdraw.absent", "cancel.absent"]).await;
    allow(w, "A", "grid", aipg(2000)).await;
    w.cases(&["rebond.ok"]).await;
    w.views(&["getWorker.rebonded"]).await;
}

async fn flagged(w: &mut World) {
    w.reset().await;
    w.first(flagAsSlashedCall { worker: w.who("A") }).await;
    w.views(&["getWorker.v1_slashed_inactive"]).await;
    allow(w, "A", "grid", aipg(1000)).await;
    w.cases(&["v1.slashed.rebond", "v1.slashed.unbond"]).await;
}

async fn cooldown(w: &mut World) {
    w.cases(&["withdraw.no_request", "cancel.not_unbonding", "unbond.ok"]).await;
    w.views(&["getWorker.cooldown", "getUnbondInfo.cooldown", "isWorkerActive.cooldown"]).await;
    w.cases(&["unbond.twice", "bond.in_cooldown", "withdraw.early"]).await;
    while_paused!(w, "pauser" pauses "grid", w.cases(&["withdraw.paused", "cancel.paused"]).await);
    w.cases(&["cancel.ok"]).await;
    w.views(&["getWorker.cancelled"]).await;
    w.call("A", "grid", unbondCall {}).await;
    w.call("admin", "grid", setUnbondingPeriodCall { period: U256::from(30 * 86_400) }).await;
    w.wait(WEEK).await;
    w.views(&["getUnbondInfo.ready"]).await;
    while_paused!(w, "admin" pauses "token", w.cases(&["withdraw.token_paused"]).await);
    w.cases(&["withdraw.ok"]).await;
    w.views(&["getWorker.withdrawn"]).await;
    w.cases(&["withdraw.twice"]).await;
}

async fn slashing(w: &mut World) {
    w.wait(WEEK + Duration::from_secs(2)).await;
    allow(w, "A", "grid", aipg(9000)).await;
    w.cases(&["rebond.ok", "slash.not_slasher", "slash.unknown", "slash.zero", "slash.exceeds"]).await;
    w.cases(&["slash.partial"]).await;
    w.views(&["getWorker.slashed_partial"]).await;
    while_paused!(w, "pauser" pauses "grid", w.cases(&["slash.paused"]).await);
    w.call("A", "grid", unbondCall {}).await;
    w.cases(&["slash.in_cooldown_partial"]).await;
    w.views(&["getUnbondInfo.slashed_in_cooldown"]).await;
    w.cases(&["slash.below_min_takes_all"]).await;
    w.views(&["getWorker.slashed_full", "getUnbondInfo.slashed_full"]).await;
    w.cases(&["withdraw.after_full_slash", "unbond.after_full_slash", "cancel.after_full_slash"]).await;
    w.cases(&["rebond.after_full_slash"]).await;
    w.views(&["getWorker.rebonded_after_slash"]).await;
    w.call("A", "grid", unbondCall {}).await;
    w.cases(&["setmin.admin", "cancel.below_new_min", "slash.one_unit_takes_all", "period.too_long"]).await;
    w.cases(&["setmin.not_admin"]).await;
}

/// The period of the recording that ended last.
const PERIOD: u64 = 20_716;

async fn rewards(w: &mut World) {
    w.reset().await;
    w.views(&["periodLengthSeconds"]).await;
    w.cases(&["report.not_reporter", "alloc.first"]).await;
    allow(w, "treasury", "grid", aipg(100_000)).await;
    w.cases(&["deposit.ok", "report.current"]).await;
    w.views(&["preview.not_reported"]).await;
    w.cases(&["claim.not_reported", "report.ok"]).await;
    w.views(&["getReport", "isReported"]).await;
    w.cases(&["report.twice"]).await;
    w.views(&["preview.ok.A", "preview.wrong_den"]).await;
    w.cases(&["claim.wrong_proof", "claim.wrong_den", "claim.zero_den", "claim.zero_worker"]).await;
    w.cases(&["claim.arg_order_trap"]).await;
    while_paused!(w, "pauser" pauses "grid",
        w.cases(&["claim.paused"]).await;
        w.views(&["preview.paused"]).await
    );
    w.cases(&["claim.ok.self", "claim.twice"]).await;
    w.views(&["preview.claimed", "isClaimed"]).await;
    w.cases(&["claim.ok.relayer", "batch.mixed", "batch.length"]).await;
}

async fn odd_periods(w: &mut World) {
    let (a, b) = (w.who("A"), w.who("B"));
    bond(w, "A", aipg(1000)).await;
    report(w, PERIOD - 1, leaf(a, 7), 7).await;
    w.cases(&["claim.ok.bonded"]).await;
    w.views(&["getWorker.after_claim"]).await;

    let other = "0x21de0408c9bf13535e67f003ff54a7e091242a98b272e05cfdb130202bcae266".parse().expect("a leaf");
    report(w, PERIOD - 2, node(leaf(a, 1), other), u128::MAX).await;
    w.views(&["preview.zero_payout"]).await;
    w.cases(&["claim.zero_payout"]).await;

    // The shares sum up to more than the total that was reported.
    let first: B256 =
        "0x5ce9f01457f74ff0b7902f4a33050811ac7348b0c9a8c5d7d300fe191550da91".parse().expect("a leaf");
    let den = (1..1000).find(|den| leaf(a, *den) == first).expect("the first claim is A's");
    report(w, PERIOD - 3, node(first, leaf(b, 6)), 10).await;
    let proof = vec![leaf(b, 6)];
    let claim = claimCall { worker: a, periodId: U256::from(PERIOD - 3), den: U256::from(den), proof };
    w.call("A", "grid", claim).await;
    w.views(&["preview.overpay"]).await;
    w.cases(&["claim.overpay"]).await;

    report(w, PERIOD - 4, leaf(b, 5), 5).await;
    while_paused!(w, "admin" pauses "token",
        w.views(&["preview.token_paused"]).await;
        w.cases(&["claim.token_paused"]).await
    );
}

async fn report(w: &World, period: u64, root: B256, total_den: u128) {
    let report = reportPeriodCall {
        periodId: U256::from(period),
        root,
        totalDen: U256::from(total_den),
        uri: String::new(),
    };
    w.call("rep", "grid", report).await;
}

fn leaf(worker: Address, den: u64) -> B256 {
    keccak256([worker.as_slice(), &U256::from(den).to_be_bytes::<32>()].concat())
}

fn node(one: B256, two: B256) -> B256 {
    keccak256([one.min(two), one.max(two)].concat())
}

async fn drained(w: &mut World) {
    w.reset().await;
    bond(w, "A", aipg(1000)).await;
    let allocation = setPeriodAllocationCall { amount: aipg(1000), reason: "unfunded".to_owned() };
    w.call("admin", "grid", allocation).await;
    report(w, PERIOD, leaf(w.who("relayer"), 1), 1).await;
    w.views(&["preview.drain"]).await;
    w.cases(&["drain.claim"]).await;
    w.views(&["balance.grid_after_drain", "getTotalBonded.after_drain"]).await;
    if !w.is("V2") {
        w.cases(&["drain.unbond"]).await;
    }
}

async fn seized(w: &mut World) {
    w.reset().await;
    bond(w, "A", aipg(1000)).await;
    w.cases(&["cut.not_owner"]).await;
    w.first(seizeCall { to: w.who("admin") }).await;
    w.views(&["balance.grid_after_seize", "getWorker.after_seize"]).await;
    w.cases(&["seize.unbond"]).await;
    w.cut(vec![change(2, Address::ZERO, &["5df6a6bc"])]).await;
    w.cases(&["cut.unbond_removed"]).await;
}

async fn upgraded(w: &mut World) {
    w.reset().await;
    bond(w, "A", aipg(1000)).await;
    let second = w.create("RegistryV2").await;
    w.cut(vec![change(1, second, &BOTH), add(second, &SECOND)]).await;
    w.views(&["upgrade.getWorker_as_v2"]).await;
    w.cases(&["upgrade.unbond"]).await;
    w.views(&["upgrade.getUnbondInfo"]).await;
    w.wait(WEEK).await;
    w.cases(&["upgrade.withdraw"]).await;
}

async fn vault(w: &mut World) {
    w.reset().await;
    allow(w, "staker", "vault", aipg(10_000)).await;
    w.cases(&["vault.stake"]).await;
    w.call("treasury", "token", transferCall { to: w.place("vault"), amount: aipg(700) }).await;
    w.call("admin", "vault", notifyRewardAmountCall { reward: aipg(700) }).await;
    w.wait(WEEK).await;
    w.views(&["vault.balanceOf", "vault.earned"]).await;
    w.cases(&["vault.exit", "vault.withdraw_zero", "vault.withdraw_too_much"]).await;
    while_paused!(w, "admin" pauses "vault",
        w.cases(&["vault.stake_paused", "vault.withdraw_part"]).await;
        while_paused!(w, "admin" pauses "token", w.cases(&["vault.withdraw_token_paused"]).await);
        w.cases(&["vault.getReward", "vault.getReward_nothing"]).await
    );
    w.cases(&["vault.withdraw_rest", "vault.exit_empty"]).await;
}

async fn vault_underfunded(w: &mut World) {
    w.reset().await;
    allow(w, "staker", "vault", aipg(1000)).await;
    w.call("staker", "vault", stakeCall { amount: aipg(1000) }).await;
    w.call("admin", "vault", notifyRewardAmountCall { reward: aipg(700) }).await;
    w.wait(WEEK).await;
    w.cases(&["vault.underfunded_getReward", "vault.underfunded_withdraw"]).await;
}

async fn models(w: &mut World) {
    w.reset().await;
    let hash: B256 =
        "0x96e5655fd50c28c759b7eb83206a79f6d96ef9f8d163aabb8fd4e2bac67f34ea".parse().expect("a hash");
    let sampler =
        "0x4966a1a24ee9885bf9bdaa8bdf0af7ff9d3491a5129c3155eb2c47b85283e834".parse().expect("a hash");
    w.first(putModelCall { model: flux(hash, w.who("admin")) }).await;
    let limits = Constraints {
        stepsMin: 4,
        stepsMax: 50,
        cfgMinTenths: 10,
        cfgMaxTenths: 80,
        clipSkip: 0,
        samplers: vec![sampler],
        schedulers: vec![],
        exists: true,
    };
    w.first(putConstraintsCall { modelHash: hash, limits }).await;
    w.views(&["model.count", "model.get1", "model.get_missing", "model.by_hash", "model.active1"]).await;
    w.views(&["model.constraints", "model.validate_ok", "model.validate_bad"]).await;
}

fn flux(hash: B256, creator: Address) -> Model {
    Model {
        modelHash: hash,
        modelType: 1,
        fileName: "flux1-dev-fp8.safetensors".to_owned(),
        name: "FLUX.1-dev FP8".to_owned(),
        version: "1.0.0".to_owned(),
        ipfsCid: "QmTest".to_owned(),
        downloadUrl: "https://models.example.invalid/flux1-dev-fp8.safetensors".to_owned(),
        sizeBytes: U256::from(12_000_000_000_u64),
        quantization: "fp8".to_owned(),
        format: "safetensors".to_owned(),
        vramMB: 24_000,
        baseModel: "FLUX.1-dev".to_owned(),
        inpainting: false,
        img2img: true,
        controlnet: false,
        lora: false,
        isActive: true,
        isNSFW: false,
        timestamp: U256::from(1_790_000_001),
        creator,
    }
}
