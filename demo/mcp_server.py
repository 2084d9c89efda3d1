"""An MCP server with nothing of its own in it: the mistake is in the package `mcp`."""

from mcp.server import MCPServer

app = MCPServer("demonstration").sse_app()
