"""Everything that touches the runtime of the Airbyte CDK."""
