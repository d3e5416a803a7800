"""A first and an incremental sync of an emulated Kustomer, told to a person."""
