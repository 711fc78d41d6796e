"""What ``hlp-edu lab`` changes in Jupyter's server: pictures do not wait for a receipt.

The kernel answers a slider with several short messages. By default the operating system holds the
second until the browser has acknowledged the first, which takes a browser 40 ms.
"""

from jupyter_server.services.kernels.connection.channels import ZMQChannelsWebsocketConnection


class Prompt(ZMQChannelsWebsocketConnection):
    """A connection to a kernel that sends every message at once."""

    def connect(self):
        """Connect the browser's socket with the kernel's."""
        self.websocket_handler.set_nodelay(True)
        return super().connect()
