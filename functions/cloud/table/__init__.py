"""The DynamoDB table: every line of code that knows its rows."""
