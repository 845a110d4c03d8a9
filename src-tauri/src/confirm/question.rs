//! A plan in plain words.

use types::{AccountAct, Aipg, Delegation, Intent, Network, NetworkKind, Plan, RegistryVersion};

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

    /// An act of account, with every address and name in it. It moves nothing.
    pub(crate) fn about_account(act: &AccountAct, words: &Words) -> Self {
        let (name, values) = facts(act, words);
        let values: Vec<(&str, &str)> = values.iter().map(|(name, value)| (*name, value.as_str())).collect();
        Self::of(name, &values, words)
    }
}

impl Question {
    /// That the node works elsewhere from now on: with which coordinator it speaks, or that it practises.
    pub(crate) fn about_place(address: Option<&str>, words: &Words) -> Self {
        let name = if address.is_some() { "place.grid" } else { "place.practice" };
        Self::of(name, &[("address", address.unwrap_or_default())], words)
    }

    /// A question by the name of its words, with these facts in its body.
    pub(crate) fn of(name: &str, facts: &[(&str, &str)], words: &Words) -> Self {
        Self {
            title: words.text(&format!("confirm.{name}.title")),
            body: words.with(&format!("confirm.{name}.body"), facts),
            yes: words.text(&format!("confirm.{name}.yes")),
            no: words.text("confirm.no"),
        }
    }
}

/// Which words an act has, and what is filled into them.
fn facts(act: &AccountAct, words: &Words) -> (&'static str, Vec<(&'static str, String)>) {
    match act {
        AccountAct::SignIn(message) => (
            "sign-in",
            vec![("wallet", message.address().to_string()), ("domain", message.origin().domain().to_owned())],
        ),
        AccountAct::Delegate(delegations) => {
            let names: Vec<&str> = delegations.iter().map(|each| each.worker_name.as_str()).collect();
            let mut values = vec![("names", names.join("\n"))];
            values.extend(delegations.first().map(permission).into_iter().flatten());
            ("rig", values)
        }
        AccountAct::Enrol(delegation) => {
            let mut values = vec![("name", delegation.worker_name.to_string())];
            values.extend(permission(delegation));
            ("enrol", values)
        }
        AccountAct::SetPayoutWallet { from, to, own } => {
            let whose = if *own { "confirm.payout.own" } else { "confirm.payout.foreign" };
            let from = from.map_or_else(|| words.text("confirm.payout.nobody"), |from| from.to_string());
            ("payout", vec![("to", to.to_string()), ("from", from), ("whose", words.text(whose))])
        }
        AccountAct::MakeKey { label } => ("make-key", vec![("label", label.clone())]),
        AccountAct::KeepKey { account, paid } => {
            let paid = paid.map_or_else(|| words.text("confirm.payout.nobody"), |paid| paid.to_string());
            ("keep-key", vec![("account", account.clone()), ("paid", paid)])
        }
        AccountAct::RevokeKey { id, label } => {
            let label = label.clone().unwrap_or_else(|| words.text("confirm.revoke-key.no-label"));
            ("revoke-key", vec![("id", id.to_string()), ("label", label)])
        }
    }
}

/// What all delegations of one question have in common.
fn permission(delegation: &Delegation) -> [(&'static str, String); 3] {
    let days = delegation.expires_at.saturating_sub(delegation.issued_at) / 86_400;
    [
        ("days", days.to_string()),
        ("key", delegation.worker_signer.to_string()),
        ("wallet", delegation.payout_wallet.to_string()),
    ]
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
