//! What the owner agrees to, and the transactions made of it.

use std::fmt;

use alloy_primitives::{Address, B256};

use crate::{Intent, Network, NetworkKind, Sha256, Timestamp, Wei};

/// Which worker registry the Grid's diamond serves. The same call means different things on the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RegistryVersion {
    /// `unbond()` pays the bond back at once.
    V1,
    /// `unbond()` starts a cooldown; `withdrawBond()` pays.
    V2,
}

impl RegistryVersion {
    /// The word in plans, reports and on screen.
    pub const fn name(self) -> &'static str {
        match self {
            Self::V1 => "v1",
            Self::V2 => "v2",
        }
    }

    fn parse(name: &str) -> Option<Self> {
        [Self::V1, Self::V2].into_iter().find(|version| version.name() == name)
    }
}

/// Everything one click does, and the most it can cost. What is shown is what is signed: both are bound by the digest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// Random, so that two equal plans are two plans: 32 lower-case hex digits.
    pub id: String,
    /// Which chain and contracts.
    pub network: Network,
    /// Whose wallet.
    pub from: Address,
    /// The registry this was planned for; `None` if no step touches it.
    pub registry: Option<RegistryVersion>,
    /// The transactions, in order.
    pub steps: Vec<Intent>,
    /// The most that all fees together may come to.
    pub fee_limit: Wei,
    /// After this moment nothing more is signed for it.
    pub expires_at: Timestamp,
}

/// Names exactly one plan, delegation or act of account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PlanDigest(Sha256);

impl PlanDigest {
    /// The name of what has this text. Plans, delegations, sign-ins and acts begin differently, so none has the name of
    /// another.
    pub(crate) fn of(text: &str) -> Self {
        Self(Sha256::of(text))
    }
}

impl fmt::Display for PlanDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

const HEADING: &str = "grid-node plan 1";

impl Plan {
    /// The plan as the journal keeps it and the digest covers it: one fact a line, nothing left out.
    pub fn text(&self) -> String {
        let network = &self.network;
        let mut lines = vec![
            HEADING.to_owned(),
            format!("id {}", self.id),
            format!(
                "network {} {} {} {}",
                network.kind().name(),
                network.chain_id(),
                network.token(),
                network.grid()
            ),
            format!("from {}", self.from),
            format!("registry {}", self.registry.map_or("none", RegistryVersion::name)),
            format!("fee-limit {}", self.fee_limit),
            format!("expires {}", self.expires_at.millis()),
        ];
        lines.extend(self.steps.iter().map(|step| format!("step {}", step.text())));
        lines.join("\n")
    }

    /// Reads [`Plan::text`] back; anything else is `None`.
    pub fn parse(text: &str) -> Option<Self> {
        let mut lines = text.lines();
        let mut fact = |name: &str| lines.next()?.strip_prefix(name)?.strip_prefix(' ').map(str::to_owned);
        fact("grid-node").filter(|rest| HEADING.ends_with(rest.as_str()))?;
        let id = fact("id")?;
        let network = parse_network(&fact("network")?)?;
        let from = fact("from")?.parse().ok()?;
        // Another word than ours does not survive the comparison at the end.
        let registry = RegistryVersion::parse(&fact("registry")?);
        let fee_limit = Wei::parse(&fact("fee-limit")?).ok()?;
        let expires_at = Timestamp::from_millis(fact("expires")?.parse().ok()?);
        let steps = lines.map(|line| Intent::parse(line.strip_prefix("step ")?)).collect::<Option<_>>()?;
        let plan = Self { id, network, from, registry, steps, fee_limit, expires_at };
        (plan.text() == text).then_some(plan)
    }

    /// What a consent names.
    pub fn digest(&self) -> PlanDigest {
        PlanDigest::of(&self.text())
    }
}

fn parse_network(text: &str) -> Option<Network> {
    let words: Vec<&str> = text.split(' ').collect();
    let [kind, chain_id, token, grid] = words.as_slice() else { return None };
    let (token, grid) = (token.parse().ok()?, grid.parse().ok()?);
    let practice = Network::practice(chain_id.parse().ok()?, token, grid);
    // Base is compiled in: a journal cannot bring other addresses under its name.
    match *kind {
        "practice" => Some(practice),
        "base" => {
            let base = Network::BASE;
            let same = (base.chain_id(), base.token(), base.grid()) == (practice.chain_id(), token, grid);
            same.then_some(base)
        }
        _ => None,
    }
}

/// The owner's yes to exactly one plan, delegation or act of account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Consent {
    /// What was shown.
    pub plan: PlanDigest,
    /// How it was said.
    pub how: Confirmation,
}

/// How an owner says yes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Confirmation {
    /// In a dialog drawn by the system, not by the page.
    Native,
    /// Typed by a person at a terminal, where there is no window. It manages the account; it moves no real money.
    Terminal,
    /// By a script. Only a practice network takes it.
    Scripted,
}

impl Confirmation {
    /// Whether this moves money on such a network.
    pub const fn counts_on(self, network: NetworkKind) -> bool {
        match (self, network) {
            (Self::Native, _) | (Self::Terminal | Self::Scripted, NetworkKind::Practice) => true,
            (Self::Terminal | Self::Scripted, NetworkKind::Base) => false,
        }
    }

    /// Whether this manages the account of a wallet for such a network.
    pub const fn manages_on(self, network: NetworkKind) -> bool {
        match self {
            Self::Native | Self::Terminal => true,
            Self::Scripted => matches!(network, NetworkKind::Practice),
        }
    }

    /// The word in the journal.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Native => "native",
            Self::Terminal => "terminal",
            Self::Scripted => "scripted",
        }
    }

    /// Reads [`Confirmation::name`] back.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Native, Self::Terminal, Self::Scripted].into_iter().find(|how| how.name() == name)
    }
}

/// One EIP-1559 transaction, ready to be signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Transaction {
    /// What it does.
    pub intent: Intent,
    /// Its place in the wallet's row.
    pub nonce: u64,
    /// The most gas it may use.
    pub gas_limit: u64,
    /// The most wei per gas, tip included.
    pub max_fee_per_gas: u128,
    /// The tip, in wei per gas.
    pub max_priority_fee_per_gas: u128,
}

impl Transaction {
    /// The most its execution can cost. The fee for data on L1 comes on top.
    pub fn largest_fee(&self) -> Wei {
        let gas = alloy_primitives::U256::from(self.gas_limit);
        Wei::from_base(gas.saturating_mul(alloy_primitives::U256::from(self.max_fee_per_gas)))
    }
}

/// A transaction as it goes to the network. Only ever sent as these bytes, again and again if need be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedTransaction {
    /// Its EIP-2718 bytes.
    pub raw: Vec<u8>,
    /// Its hash.
    pub hash: B256,
}

/// How sure the chain is about something that is in a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stage {
    /// In a block; a reorganisation can undo it.
    Seen,
    /// In a block that is on L1: one may rely on it.
    Safe,
    /// Final on L1.
    Final,
}

impl Stage {
    /// The word in the journal and on screen.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Seen => "seen",
            Self::Safe => "safe",
            Self::Final => "final",
        }
    }

    /// Reads [`Stage::name`] back.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Seen, Self::Safe, Self::Final].into_iter().find(|stage| stage.name() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::intent::tests::any_intent;
    use proptest::prelude::*;

    fn plan(steps: Vec<Intent>, fee: u64, expires: u64) -> Plan {
        Plan {
            id: "00112233445566778899aabbccddeeff".to_owned(),
            network: Network::practice(31337, Address::repeat_byte(1), Address::repeat_byte(2)),
            from: Address::repeat_byte(3),
            registry: Some(RegistryVersion::V2),
            steps,
            fee_limit: Wei::from_base(alloy_primitives::U256::from(fee)),
            expires_at: Timestamp::from_millis(expires),
        }
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back(
            steps in proptest::collection::vec(any_intent(), 0..4), fee in 0_u64.., expires in 0_u64..,
        ) {
            let plan = plan(steps, fee, expires);
            prop_assert_eq!(Plan::parse(&plan.text()), Some(plan));
        }
    }

    #[test]
    fn every_fact_of_a_plan_is_in_its_digest() {
        let original = plan(vec![Intent::Unbond], 7, 9);
        let others = [
            Plan { id: "ff".into(), ..original.clone() },
            Plan { network: Network::BASE, ..original.clone() },
            Plan { from: Address::ZERO, ..original.clone() },
            Plan { registry: Some(RegistryVersion::V1), ..original.clone() },
            Plan { registry: None, ..original.clone() },
            Plan { steps: vec![Intent::Unbond, Intent::Unbond], ..original.clone() },
            Plan { fee_limit: Wei::ZERO, ..original.clone() },
            Plan { expires_at: Timestamp::from_millis(10), ..original.clone() },
        ];
        for other in others {
            assert_ne!(other.digest(), original.digest(), "{other:?}");
        }
    }

    #[test]
    fn a_journal_cannot_bring_other_addresses_as_base() {
        let forged = plan(vec![], 0, 0).text().replace("network practice 31337", "network base 8453");
        assert_eq!(Plan::parse(&forged), None);
        let real = Plan { network: Network::BASE, ..plan(vec![], 0, 0) };
        assert_eq!(Plan::parse(&real.text()), Some(real));
    }

    #[test]
    fn a_script_cannot_say_yes_to_real_money() {
        assert!(!Confirmation::Scripted.counts_on(NetworkKind::Base));
        assert!(Confirmation::Scripted.counts_on(NetworkKind::Practice));
        assert!(Confirmation::Native.counts_on(NetworkKind::Base));
        assert!(!Confirmation::Terminal.counts_on(NetworkKind::Base), "money needs the system's own dialog");
        assert!(Confirmation::Terminal.manages_on(NetworkKind::Base));
        assert!(!Confirmation::Scripted.manages_on(NetworkKind::Base));
    }
}
