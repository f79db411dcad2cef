"""An MCP server by the official SDK: over standard streams, or over HTTP on the port that is named."""

import asyncio
import sys

from mcp.server.mcpserver import MCPServer
from pydantic import BaseModel

server = MCPServer("judge")


class Weather(BaseModel):
    city: str
    degrees: float


@server.tool()
def add(a: int, b: int) -> int:
    """Adds two numbers."""
    return a + b


@server.tool()
def weather(city: str) -> Weather:
    """Tells the weather, with an output schema."""
    return Weather(city=city, degrees=21.5)


@server.tool()
def fail(reason: str) -> str:
    """Always fails."""
    raise ValueError(reason)


@server.tool()
async def sleep(seconds: int) -> str:
    """Takes its time."""
    await asyncio.sleep(seconds)
    return "slept"


if __name__ == "__main__":
    if len(sys.argv) > 1:
        server.run("streamable-http", host="127.0.0.1", port=int(sys.argv[1]))
    else:
        server.run("stdio")
