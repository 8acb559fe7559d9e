"""uvicorn's protocol, with a bound on the head of a request: its line and its headers, which are kept before anybody is known."""

from typing import Any, Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from rempart.limits import REQUEST_HEAD_MAX_BYTES

_TOO_LARGE: Final = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
)


class BoundedHeadProtocol(HttpToolsProtocol):
    """Hangs up on a head that does not end."""

    def __init__(self, **uvicorns: Any) -> None:  # noqa: ANN401 (uvicorn's own)
        super().__init__(**uvicorns)
        self._is_in_head = False
        self._head_bytes = 0

    def data_received(self, received: bytes) -> None:
        """Parse what came; refuse a head that is too large (431)."""
        super().data_received(received)
        if self._is_in_head:
            self._head_bytes += len(received)
            if self._head_bytes > REQUEST_HEAD_MAX_BYTES and not self.transport.is_closing():
                self.transport.write(_TOO_LARGE)
                self.transport.close()

    def on_message_begin(self) -> None:
        """Count the bytes of a new head."""
        self._is_in_head = True
        self._head_bytes = 0
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """Hand the request over to uvicorn."""
        self.leave_head()
        super().on_headers_complete()

    def leave_head(self) -> None:
        """Count no more: what comes now is a body, which the face bounds."""
        self._is_in_head = False
