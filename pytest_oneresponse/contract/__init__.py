"""The response contract: events in, breaches out. Standard library only; knows neither pytest nor a framework."""
