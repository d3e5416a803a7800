"""All code that uses Airbyte's CDK."""
