//! The practice network from outside: a raw test worker and a raw customer on loopback.

mod account_refusals;
mod account_replay;
mod account_stories;
mod account_vectors;
mod callers;
mod customers;
mod earnings;
mod enrolment;
mod faults;
mod goodbyes;
mod jobs;
mod prefetch;
mod public_pages;
mod raw;
mod receipts;
mod refusals;
mod registrations;
mod replay;
mod rigs;
mod settlements;
mod siwe_vectors;
mod support;
mod tls_front;
mod traffic;
mod vectors;
