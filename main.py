"""Run the connector: `python main.py spec|check|discover|read`."""

from source_kustomer.airbyte.entrypoint import run

if __name__ == "__main__":
    run()
