//! The examples run.

#![allow(unreachable_pub, reason = "an example is a program of its own")]

#[path = "../../examples/bridge.rs"]
mod bridge;
#[path = "../../examples/own_observer.rs"]
mod own_observer;
#[path = "../../examples/own_validator.rs"]
mod own_validator;
#[path = "../../examples/reissue.rs"]
mod reissue;
#[path = "../../examples/renew_folder.rs"]
mod renew_folder;

#[test]
fn a_bridge() {
    bridge::main().unwrap();
}

#[test]
fn what_is_due_in_a_folder() {
    renew_folder::main().unwrap();
}

#[test]
fn reissue_in_fifteen_lines() {
    reissue::main().unwrap();
}

#[test]
fn an_observer_of_ones_own() {
    own_observer::main().unwrap();
}

#[test]
fn a_validator_of_ones_own() {
    own_validator::main().unwrap();
}
