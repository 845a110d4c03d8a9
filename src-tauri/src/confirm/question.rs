//! A plan in plain words.

use types::{Aipg, Delegation, Intent, Network, NetworkKind, Plan, RegistryVersion};

use crate::amounts::{aipg, eth};
use crate::words::Words;

/// What the owner is asked, with the words of both answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Question {
    /// The act and the amount.
    pub(crate) title: String,
    /// What it does, where it goes, and the most it can cost.
    pub(crate) body: String,
    /// The act again.
    pub(crate) yes: String,
    /// The way out.
    pub(crate) no: String,
}

impl Question {
    /// Every transaction of the plan, the contracts, the network and the largest fee. Nothing is left out.
    pub(crate) fn about(plan: &Plan, words: &Words) -> Self {
        let act = act(plan, words);
        let mut lines: Vec<String> = steps(plan, words);
        lines.push(String::new());
        if let Some(risk) = risk(plan) {
            lines.extend([words.text(risk), String::new()]);
        }
        lines.push(words.with("confirm.network", &[("network", &network(&plan.network, words))]));
        lines.push(words.with("confirm.wallet", &[("address", &plan.from.to_string())]));
        lines.push(words.with("confirm.contract", &[("address", &plan.network.grid().to_string())]));
        lines.push(words.with("confirm.token", &[("address", &plan.network.token().to_string())]));
        lines.push(words.with("confirm.fee", &[("amount", &eth(plan.fee_limit, words))]));
        Self {
            title: words.with("confirm.title", &[("act", &act)]),
            body: lines.join("\n"),
            yes: act,
            no: words.text("confirm.no"),
        }
    }

    /// The permission for this computer's own key. It moves nothing.
    pub(crate) fn about_rig(delegation: &Delegation, words: &Words) -> Self {
        let days = delegation.expires_at.saturating_sub(delegation.issued_at) / 86_400;
        let values = [
            ("name", delegation.worker_name.to_string()),
            ("days", days.to_string()),
            ("key", delegation.worker_signer.to_string()),
            ("wallet", delegation.payout_wallet.to_string()),
        ];
        let values: Vec<(&str, &str)> = values.iter().map(|(name, value)| (*name, value.as_str())).collect();
        Self {
            title: words.text("confirm.rig.title"),
            body: words.with("confirm.rig.body", &values),
            yes: words.text("confirm.rig.yes"),
            no: words.text("confirm.no"),
        }
    }
}

/// What the plan is for: its last step, with the amount where there is one.
fn act(plan: &Plan, words: &Words) -> String {
    let with = |name: &str, amount: String| words.with(name, &[("amount", &amount)]);
    match plan.steps.last() {
        Some(Intent::Register { amount }) => with("confirm.act.bond", aipg(*amount, words)),
        Some(Intent::Approve { amount }) if amount.is_zero() => words.text("confirm.act.revoke"),
        Some(Intent::Approve { amount }) => with("confirm.act.allow", aipg(*amount, words)),
        Some(Intent::Unbond) if plan.registry == Some(RegistryVersion::V1) => {
            words.text("confirm.act.unbond")
        }
        Some(Intent::Unbond) => words.text("confirm.act.unbond-later"),
        Some(Intent::CancelUnbond) => words.text("confirm.act.cancel-unbond"),
        Some(Intent::WithdrawBond) => words.text("confirm.act.withdraw-bond"),
        Some(Intent::SendAipg { amount, .. }) => with("confirm.act.send", aipg(*amount, words)),
        Some(Intent::SendEth { amount, .. }) => with("confirm.act.send", eth(*amount, words)),
        None => words.text("confirm.act.nothing"),
    }
}

fn steps(plan: &Plan, words: &Words) -> Vec<String> {
    let line = |(place, step): (usize, &Intent)| {
        words.with(
            "confirm.step",
            &[("number", &(place + 1).to_string()), ("does", &does(step, plan.registry, words))],
        )
    };
    plan.steps.iter().enumerate().map(line).collect()
}

fn does(step: &Intent, registry: Option<RegistryVersion>, words: &Words) -> String {
    let amount = |name: &str, amount: Aipg| words.with(name, &[("amount", &aipg(amount, words))]);
    let send = |amount: String, to: &types::Address| {
        words.with("confirm.does.send", &[("amount", &amount), ("to", &to.to_string())])
    };
    match step {
        Intent::Approve { amount } if amount.is_zero() => words.text("confirm.does.revoke"),
        Intent::Approve { amount: allowed } => amount("confirm.does.approve", *allowed),
        Intent::Register { amount: bond } => amount("confirm.does.register", *bond),
        Intent::Unbond if registry == Some(RegistryVersion::V1) => words.text("confirm.does.unbond"),
        Intent::Unbond => words.text("confirm.does.unbond-later"),
        Intent::CancelUnbond => words.text("confirm.does.cancel-unbond"),
        Intent::WithdrawBond => words.text("confirm.does.withdraw-bond"),
        Intent::SendAipg { to, amount } => send(aipg(*amount, words), to),
        Intent::SendEth { to, amount } => send(eth(*amount, words), to),
    }
}

/// What can go wrong with it, or that it cannot be undone. What a contract can do to a bond depends on its version.
fn risk(plan: &Plan) -> Option<&'static str> {
    let slow = plan.registry == Some(RegistryVersion::V2);
    match plan.steps.last() {
        Some(Intent::Register { .. } | Intent::CancelUnbond) if slow => Some("confirm.risk.bond-slow"),
        Some(Intent::Register { .. } | Intent::CancelUnbond) => Some("confirm.risk.bond"),
        Some(Intent::Unbond) if slow => Some("confirm.risk.unbond-slow"),
        Some(Intent::SendAipg { .. } | Intent::SendEth { .. }) => Some("confirm.risk.send"),
        Some(Intent::Approve { .. } | Intent::Unbond | Intent::WithdrawBond) | None => None,
    }
}

fn network(network: &Network, words: &Words) -> String {
    let chain = network.chain_id().to_string();
    match network.kind() {
        NetworkKind::Practice => words.with("confirm.network.practice", &[("chain", &chain)]),
        NetworkKind::Base => words.with("confirm.network.base", &[("chain", &chain)]),
    }
}

#[cfg(test)]
mod tests;
