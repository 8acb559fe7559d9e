"""`POST /api/rights`: the page's question to the gate, and its answer.

The one request of a page that concerns a person. It carries a token and a DPoP proof; the next nonce goes back in the
`DPoP-Nonce` header, refusals included, so that the chain goes on.
"""

from starlette.requests import Request
from starlette.responses import Response

from rempart.domain.rights import Kind, Outcome, RightsAnswer, RightsQuestion
from rempart.faces.pages.answer_view import Elsewhere, links_of, view_of
from rempart.faces.pages.catalogue import Translate
from rempart.faces.pages.problems import STATUS_OF_OUTCOME, answer_json, tell
from rempart.faces.pages.question_form import CardForm, read_question
from rempart.faces.wording import Language, language_of
from rempart.operations.desk import Desk
from rempart.operations.query_rights import query_rights
from rempart.security.dpop import proof_headers

PATH = "/api/rights"


class RightsEndpoint:
    """Answers rights questions; holds what that needs."""

    def __init__(
        self,
        desk: Desk,
        url: str,
        translators: dict[Language, Translate],
        form: type[CardForm],
        elsewhere: Elsewhere,
    ) -> None:
        self._desk = desk
        self._url = f"{url.rstrip('/')}{PATH}"
        self._translators = translators
        self._form = form
        self._elsewhere = elsewhere

    async def answer(self, request: Request) -> Response:
        """Answer one question. Nothing is asked of the gate before the proof and every field hold."""
        language = language_of(request.headers.get("accept-language", ""))
        translate = self._translators[language]
        try:
            authorization, dpop = proof_headers(request.headers.raw)
            caller = self._desk.proofs.verify_request(authorization, dpop, "POST", self._url)
            question = await read_question(request, self._desk.now_s(), self._form)
            answer = await query_rights(question, caller, self._desk.door)
        except Exception as error:  # noqa: BLE001 (whatever it is, the page gets a code and a sentence, and the log a reference)
            return tell(error, language, translate)
        return self._put(answer, question, language, translate)

    def _put(
        self, answer: RightsAnswer, question: RightsQuestion, language: Language, _: Translate
    ) -> Response:
        kind = answer.outcome.kind
        status = 401 if kind is Kind.UNAUTHENTICATED else STATUS_OF_OUTCOME.get(answer.outcome, 200)
        view = view_of(answer, question, language, _)
        if answer.outcome is Outcome.CONTAINED:
            view.links = links_of(self._elsewhere, _)
        response = answer_json(view, status)
        if answer.next_nonce is not None:
            response.headers["DPoP-Nonce"] = answer.next_nonce
        if status == 401:
            response.headers["WWW-Authenticate"] = 'DPoP error="invalid_token"'
        if answer.retry_after_s:
            response.headers["Retry-After"] = str(answer.retry_after_s)
        return response
