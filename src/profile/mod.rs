//! What may differ by agreement or is not public: rate, status flows, token lifetime, each value with its provenance.
