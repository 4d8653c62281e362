//! The connection test: the gateway has none in XML, so it is PollInfo (0905), the cheapest safe task.

use certgate_domain::task::Hello;

pub(super) fn read_request() -> Hello {
    Hello
}
