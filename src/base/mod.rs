//! Ground floor: values that every other room needs and that know nothing of Postman, HTTP or payments.
