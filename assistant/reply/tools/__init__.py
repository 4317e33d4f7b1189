"""What the assistant can do besides talk: calls go in, outcomes come out. A typed function is a tool."""

from assistant.reply.tools.toolbox import Outcome, Said, Toolbox

__all__ = ["Outcome", "Said", "Toolbox"]
