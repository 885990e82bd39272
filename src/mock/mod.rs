//! The Provider API as a pure state machine, and the doors through which requests reach it.
