import type { ItemCode, ItemState, Mapping, MappingEvent, MappingState } from "../api/nouns";
import type { ConsoleText } from "./en";

const numbers = new Intl.NumberFormat("es");
const plurals = new Intl.PluralRules("es");
const decimals = new Intl.NumberFormat("es", { maximumFractionDigits: 1 });
const percents = new Intl.NumberFormat("es", { style: "percent", maximumFractionDigits: 0 });
const compacts = new Intl.NumberFormat("es", { notation: "compact", maximumFractionDigits: 1 });

function duration(seconds: number): string {
  const [unit, size] = (
    [
      ["day", 86_400],
      ["hour", 3_600],
      ["minute", 60],
      ["second", 1],
    ] as const
  ).find(([, of]) => seconds >= of) ?? ["second", 1];
  const value = seconds / size;
  const options = { style: "unit", unit, unitDisplay: "short", maximumFractionDigits: value < 10 ? 1 : 0 } as const;
  return new Intl.NumberFormat("es", options).format(value);
}

function counted(n: number, one: string, other: string): string {
  return `${numbers.format(n)} ${plurals.select(n) === "one" ? one : other}`;
}

const states: Record<MappingState, string> = {
  failed: "Fallido",
  conflict: "Conflicto",
  drifted: "Cambiado en Otter",
  waiting: "En espera",
  pending: "En curso",
  connected: "Conectado",
  disconnected: "No conectado",
  unmanaged: "No conectado por nosotros",
};

const codes: Record<ItemCode, string> = {
  local_store_id_refused: "Id rechazado",
  local_store_id_taken: "Id usado por otra tienda",
  store_not_found: "La tienda ya no está en Otter",
  scope_missing: "Falta el permiso",
  access_denied: "Sin acceso a la tienda",
  reauthorization_required: "Hace falta consentimiento",
  upstream_unavailable: "Otter no responde",
  restore_failed: "El id anterior no se repuso",
};

const outcomes: Record<ItemState, string> = {
  failed: "Fallido",
  conflict: "Conflicto",
  pending: "Sin terminar",
  connected: "Conectado",
  replaced: "Cambiado al id nuevo",
  unchanged: "Ya estaba bien",
  disconnected: "Desconectado",
  superseded: "Reemplazado por un cambio más nuevo",
  cancelled: "Detenido antes de empezar",
};

type Times = { looked: string; waiting: string; next: string; changed: string };

const orders = (m: Mapping) =>
  m.observedLocalStoreId === null
    ? "La tienda no está conectada y no recibe pedidos."
    : `La tienda está conectada a ${m.observedLocalStoreId}.`;

const still = (m: Mapping) =>
  m.observedLocalStoreId === null
    ? "la tienda no está conectada y no recibe pedidos"
    : `la tienda sigue conectada a ${m.observedLocalStoreId}`;

const failures: Record<ItemCode, (m: Mapping, t: Times) => string> = {
  local_store_id_refused: (m, t) => `Otter rechazó ${m.askedLocalStoreId} ${t.changed}; ${still(m)}.`,
  local_store_id_taken: (m, t) => `Otra tienda usa ${m.askedLocalStoreId} (visto ${t.changed}); ${still(m)}.`,
  store_not_found: (_, t) => `Otter ya no tiene esta tienda; se comprobó ${t.changed}.`,
  scope_missing: (m) =>
    `La cuenta que dio el consentimiento no puede conectar tiendas: falta el permiso organization.service_integration; ${still(m)}.`,
  access_denied: (m) => `La cuenta que dio el consentimiento no tiene acceso a esta tienda; ${still(m)}.`,
  reauthorization_required: (m) => `Otter ya no acepta el consentimiento de ${m.organizationName}; ${still(m)}.`,
  upstream_unavailable: (m, t) => `Otter no responde; ${still(m)}. Próximo intento: ${t.next}.`,
  restore_failed: (m, t) =>
    `${m.askedLocalStoreId ?? "El id nuevo"} fue rechazado y ${m.restoreLocalStoreId} aún no se pudo reponer: la tienda no recibe pedidos. Próximo intento: ${t.next}.`,
};

const wish = (m: Mapping) =>
  m.askedLocalStoreId === null ? "desconectar la tienda" : `conectar la tienda a ${m.askedLocalStoreId}`;

const tries = (n: number) => counted(n, "intento", "intentos");

const reasons: Record<MappingState, (m: Mapping, t: Times) => string> = {
  pending: (m, t) =>
    m.leasedUntil === null
      ? `storelink va a ${wish(m)}; próximo intento: ${t.next}.`
      : `storelink está trabajando ahora mismo para ${wish(m)}.`,
  waiting: (m, t) =>
    m.waitingFor === "consent"
      ? `El consentimiento de ${m.organizationName} terminó: storelink espera a que alguien vuelva a iniciar sesión (desde ${t.waiting}). ${orders(m)}`
      : `storelink espera a Otter (desde ${t.waiting}), tras ${tries(m.attempts)}; próximo intento: ${t.next}. ${orders(m)}`,
  connected: (m, t) => `Conectada a ${m.observedLocalStoreId}, como se quiere; visto en Otter ${t.looked}.`,
  disconnected: (_, t) => `No conectada, como se quiere; visto en Otter ${t.looked}. No llegan pedidos.`,
  conflict: (m, t) =>
    m.observedLocalStoreId === null
      ? `Lo que Otter mostró ${t.looked} no es lo esperado, así que storelink lo dejó como está.`
      : `La tienda está conectada a ${m.observedLocalStoreId}, puesto por otra persona (visto ${t.looked}), así que storelink no puso ${m.askedLocalStoreId ?? "nada"} en su lugar.`,
  failed: (m) => `El último cambio falló; ${still(m)}.`,
  drifted: (m, t) =>
    m.observedLocalStoreId === null
      ? `Otra persona la quitó en Otter: la tienda debería estar conectada a ${m.desiredLocalStoreId} y se encontró sin conexión ${t.looked}. No recibe pedidos.`
      : `Otra persona la cambió en Otter: la tienda debería estar ${m.desiredLocalStoreId === null ? "desconectada" : `conectada a ${m.desiredLocalStoreId}`} y se encontró conectada a ${m.observedLocalStoreId} ${t.looked}.`,
  unmanaged: (m, t) =>
    m.observedLocalStoreId === null
      ? `storelink no quiere nada para ella: lo que se pidió no se logró. La tienda se encontró sin conexión ${t.looked}.`
      : `storelink no quiere nada para ella: la tienda está conectada a ${m.observedLocalStoreId}, puesto por otra persona.`,
};

const id = (localStoreId: string | null) => localStoreId ?? "ninguna conexión";

const outcomeWords: Record<string, string> = outcomes;

function settled(event: MappingEvent): string {
  const [outcome = "", ...detail] = event.why.split(": ");
  const words = outcomeWords[outcome];
  if (words === undefined) return event.why === "" ? "Mirado: como estaba" : event.why;
  return detail.length > 0 ? `Terminó: ${words} (${detail.join(": ")})` : `Terminó: ${words}`;
}

function event(e: MappingEvent): string {
  switch (e.kind) {
    case "asked":
      if (e.to === null) return e.from === null ? "Pidió desconectar" : `Pidió desconectar ${e.from}`;
      return e.from === null || e.from === e.to ? `Pidió ${e.to}` : `Pidió ${e.to} en lugar de ${e.from}`;
    case "observed":
      return `Otter muestra ${id(e.to)} en lugar de ${id(e.from)}`;
    case "settled":
      return settled(e);
    case "reconcile":
      return "Pidió mirar y reparar ahora";
    case "adopted":
      return `Adoptó lo que Otter muestra: ${id(e.to)} en lugar de ${id(e.from)}`;
  }
}

/** Las palabras de la consola en español. */
export const es: ConsoleText = {
  language: "es",
  number: (n: number) => numbers.format(n),
  decimal: (n: number) => decimals.format(n),
  percent: (n: number) => percents.format(n),
  compact: (n: number) => compacts.format(n),
  duration,
  name: "consola de storelink",
  nav: {
    label: "Páginas",
    skip: "Ir al contenido",
    overview: "Resumen",
    mappings: "Asignaciones",
    organizations: "Organizaciones",
    grants: "Consentimientos",
    runs: "Ejecuciones",
    webhooks: "Webhooks",
    menu: "Menú",
    account: (name: string, role: string) => `${name} (${role})`,
    roles: { read: "leer", operate: "operar", connect: "conectar" },
    language: "Idioma",
    signOut: "Cerrar sesión",
    notFound: "Esta página no existe",
    notFoundDetail: "La dirección puede estar mal escrita, o la página puede haberse movido.",
    toMappings: "Ir a las asignaciones",
    broken: "Esta página falló",
    reload: "Cargarla de nuevo",
    copyDetails: "Copiar qué falló",
    copied: "Copiado",
  },
  signIn: {
    title: "Iniciar sesión en la consola",
    detail: "Con un token de administración con el rol leer u operar. Se cambia por una sesión y no se guarda aquí.",
    ended: "Tu sesión terminó. Inicia sesión para seguir donde estabas.",
    field: "Token de administración",
    action: "Iniciar sesión",
    empty: "Escribe el token.",
    refused: "Este token no se conoce. Comprueba que lo copiaste entero.",
    weak: "El rol de este token no abre la consola: hace falta leer u operar.",
  },
  list: {
    total: (n: number, exact: boolean) => `${exact ? "" : "~"}${numbers.format(n)}`,
    asOf: "a fecha de",
    more: "Cargando más",
    end: (n: number) => `Eso es todo: ${numbers.format(n)}`,
    sortBy: (column: string) => `Ordenar por ${column}`,
    none: "—",
    nothing: "ninguno",
    copy: (what: string) => `Copiar ${what}`,
    all: "Todos",
  },
  states,
  codes,
  outcomes,
  runStates: { running: "En curso", waiting: "En espera", done: "Terminada" },
  mappings: {
    title: "Asignaciones",
    search: "Buscar",
    searchHint: "Parte de un nombre o de un id, al menos 3 caracteres. Un id más corto: filtra por id local",
    state: "Estado",
    code: "Motivo",
    chosen: (n: number) => numbers.format(n),
    more: "Más filtros",
    columns: "Columnas",
    columnsReset: "Como al principio",
    csv: "CSV",
    csvHint: "Descargar todas las que coinciden como archivo CSV",
    clear: "Quitar todos los filtros",
    remove: (filter: string) => `Quitar el filtro ${filter}`,
    none: "Ninguna asignación coincide",
    noneDetail: "Cambia o quita un filtro.",
    empty: "Todavía no hay asignaciones",
    emptyDetail: "Una tienda recibe su asignación cuando alguien pide conectarla por primera vez.",
    neverAsked: "Nadie ha pedido nunca conectar esta tienda",
    neverAskedDetail:
      "Otter tiene la tienda y a storelink nunca se le pidió: no pueden llegar pedidos. Un responsable de la organización la conecta en el asistente.",
    unknownStore: "No se conoce esa tienda",
    unknownStoreDetail:
      "Ni una asignación ni lo último que se cargó de Otter tiene este id. Comprueba el id, o pide que alguien de la organización inicie sesión para cargar sus tiendas.",
    noLocalId: (localId: string) => `Ninguna tienda tiene ni tuvo que tener ${localId}`,
    noLocalIdDetail:
      "Ninguna asignación quiere, pidió, muestra o puede recuperar este id local: nadie lo ha pedido nunca.",
    column: {
      localStoreId: "Id local",
      storeName: "Tienda",
      organizationName: "Organización",
      state: "Estado",
      observed: "Observado",
      observedAt: "Mirado",
      asked: "Pedido",
      previous: "Anterior",
      restore: "Por reponer",
      attempts: "Intentos",
      nextTryAt: "Próximo intento",
      waitingSince: "Espera desde",
      message: "Mensaje de Otter",
      storeId: "Id de la tienda en Otter",
      updatedAt: "Cambiado",
      createdAt: "Pedido por primera vez",
    },
  },
  filters: {
    title: "Filtros",
    localStoreId: "Id local",
    localStoreIdHint: "Querido, pedido, observado o por reponer",
    desiredLocalStoreId: "Id local querido",
    observedLocalStoreId: "Id local observado",
    remoteStoreId: "Id de la tienda en Otter",
    organizationId: "Organización",
    organizationHint: "Escribe 3 letras de su nombre, o pega su id",
    brandId: "Id de la marca",
    dark: "A oscuras",
    darkHint: "Quitada de camino a otro id: no llegan pedidos",
    darkYes: "Solo a oscuras",
    darkNo: "No a oscuras",
    staleSince: "Sin mirar desde",
    staleHint: "Un momento, o uno de estos",
    ago: (unit: "hour" | "day", n: number) =>
      unit === "hour" ? counted(n, "hora", "horas") : counted(n, "día", "días"),
    uuid: "Esto no es un id de la forma 0190a000-0000-7000-8000-000000000001.",
    apply: "Mostrar",
    cancel: "Cancelar",
    q: "Buscar",
    state: "Estado",
    code: "Motivo",
    yes: "sí",
    no: "no",
  },
  mapping: {
    back: "Asignaciones",
    reason: (m: Mapping, t: Times): string => {
      if (m.state === "failed" && m.code !== null) return failures[m.code](m, t);
      if (m.state === "waiting" && m.code === "upstream_unavailable")
        return `Otter no responde (desde ${t.waiting}), tras ${tries(m.attempts)}; seguimos intentándolo, próximo intento: ${t.next}. ${orders(m)}`;
      return reasons[m.state](m, t);
    },
    dark: "A oscuras: la conexión se quitó de camino a otro id y aún no hay nada en su lugar. No llegan pedidos.",
    message: "En palabras de Otter",
    holder: (localId: string) => `Otras tiendas con ${localId}`,
    noHolder: (localId: string) => `Ninguna asignación tiene aquí ${localId}: se usa fuera de storelink.`,
    consents: (organization: string) => `Consentimientos de ${organization}`,
    askedHint: "Lo que quería la petición más nueva, por ahora en vano",
    desired: "Querido",
    desiredHint: "Donde storelink mantiene la tienda",
    observed: "Observado",
    observedHint: "Lo que Otter mostró la última vez",
    previous: "Anterior",
    previousHint: "Lo que había antes",
    unmanaged: "sin preferencia",
    noConnection: "sin conexión",
    notLooked: "nunca mirado",
    details: "Detalles",
    asked: "Pedido por último",
    restore: "Por reponer",
    waitingFor: "Espera a",
    waits: { consent: "consentimiento", upstream: "Otter" },
    since: "desde",
    lease: "Se trabaja en ella hasta",
    attempts: "Intentos sin éxito",
    nextTry: "Próximo intento",
    generation: "Generación",
    generationOf: (generation: number, done: number) =>
      generation === done
        ? `${numbers.format(generation)}, resuelta`
        : `${numbers.format(generation)}; resuelta la ${numbers.format(done)}`,
    lookedAt: "Mirado",
    changedAt: "Cambiado",
    createdAt: "Pedido por primera vez",
    storeId: "Id de la tienda en Otter",
    brandId: "Id de la marca en Otter",
    organizationId: "Id de la organización",
    mappingId: "Id de la asignación",
    history: "Historial",
    historyNone: "Todavía no ha pasado nada.",
    older: "Mostrar más antiguos",
    loadingAll: "Cargando más del historial",
    event,
    by: (actor: string) => (actor === "user" ? "un responsable" : actor === "upstream" ? "alguien en Otter" : actor),
    request: "Petición",
    run: "Ejecución",
    reasonGiven: (reason: string) => `«${reason}»`,
  },
  act: {
    reconcile: "Reconciliar ahora",
    adopt: "Adoptar",
    adoptId: (localId: string | null) => (localId === null ? "Adoptar: sin conexión" : `Adoptar ${localId}`),
    disconnect: "Desconectar",
    reason: "Motivo",
    reasonHint: "Una línea para el historial: quién lo pide, qué incidencia",
    reasonEmpty: "Di por qué.",
    reasonLong: "Usa como mucho 500 caracteres.",
    cancel: "Dejarlo como está",
    titles: {
      reconcile: (store: string) => `¿Reconciliar ${store} ahora?`,
      adopt: (store: string) => `¿Adoptar lo que Otter muestra para ${store}?`,
      disconnect: (store: string) => `¿Desconectar ${store}?`,
    },
    consequences: {
      reconcile: (m: Mapping) => {
        const look = "storelink mira la tienda en Otter ahora y corrige lo que no es como se quiere.";
        const { desiredLocalStoreId: wanted, observedLocalStoreId: seen } = m;
        if (!m.managed) return `${look} Para esta tienda no se quiere nada, así que no cambia nada.`;
        if (wanted === seen) return `${look} Si Otter sigue mostrando ${id(seen)}, no cambia nada.`;
        if (wanted === null) return `${look} Se quita ${seen}: no llegarán pedidos para ${m.storeName}.`;
        if (seen === null) return `${look} Se pone ${wanted}: los pedidos para ${m.storeName} irán a ${wanted}.`;
        return `${look} Los pedidos para ${m.storeName} irán a ${wanted} en lugar de ${seen}.`;
      },
      adopt: (m: Mapping) =>
        m.observedLocalStoreId === null
          ? `Desde ahora no se quiere ninguna conexión para ${m.storeName}. En Otter no cambia nada: no llegan pedidos, como ahora.`
          : `Desde ahora se quiere ${m.observedLocalStoreId}. En Otter no cambia nada: los pedidos para ${m.storeName} siguen yendo a ${m.observedLocalStoreId}.`,
      disconnect: (m: Mapping) =>
        m.observedLocalStoreId === null
          ? `Se quita en Otter lo que esté conectado. No llegarán pedidos para ${m.storeName}.`
          : `Se quita ${m.observedLocalStoreId} en Otter. No llegarán pedidos para ${m.storeName}.`,
    },
    onlyThis: (localId: string) => `Solo si Otter sigue mostrando ${localId}`,
    asked: "storelink mira la tienda ahora; esta página muestra el resultado.",
    adopted: "Lo que Otter muestra es lo que se quiere desde ahora.",
    readOnly: "Tu rol permite mirar y no cambiar nada.",
  },
  overview: {
    title: "Resumen",
    now: "Ahora",
    total: "Todas las asignaciones",
    dark: "A oscuras",
    darkHint: "quitada, sin nada en su lugar",
    darkFor: (time: string) => `la que más, desde hace ${time}`,
    attentionByDay: "Necesitan a alguien, por día",
    statesByDay: "Otros estados, por día",
    driftByDay: "Desviaciones halladas y corregidas, por día",
    found: "Halladas",
    healed: "Corregidas",
    day: "Día",
    numbers: "En números",
    budget: "Llamadas a Otter",
    used: (used: string, of: string) => `${used} de ${of} llamadas por segundo`,
    noLimit: "No hay límite",
    lowered: (share: string) => `Bajado al ${share} después de un 429 de Otter; vuelve a subir solo.`,
    lanes: { interactive: "Interactivo", background: "De fondo", drift: "Desviaciones" },
    perSecond: (n: string) => `${n} por segundo`,
    ahead: "Reservado por adelantado",
    tokenCalls: "Llamadas de tokens",
    tokenCallsOf: (n: number) => `${numbers.format(n)} de 3 en el último minuto`,
    workList: "Lista de trabajo",
    due: (n: string) => `${n} pendientes`,
    oldest: (time: string) => `la más antigua, ${time}`,
    drift: "Búsqueda de desviaciones",
    drifted: "Cambiadas en Otter",
    lookedAt: "Se miran por turno",
    goal: "Cada una cada (meta)",
    effective: "Cada una cada (ahora)",
    nobodyLooks: "nadie mira",
    codes: "Por qué no están como se pidió",
    noCodes: "Todo está como se pidió.",
    consents: "Consentimientos",
    active: "Activos",
    without: "Organizaciones sin ninguno",
    expiring: (days: number) => `Caducan en ${counted(days, "día", "días")}`,
    webhooks: "Webhooks",
    unmatched: "Sin asignación",
    unmatchedHint: "Lo que Otter contó en los últimos 7 días y no es de ninguna asignación",
    moreThan: (n: number) => `más de ${numbers.format(n)}`,
  },
  unmatched: {
    title: "Webhooks sin asignación",
    detail:
      "Lo que Otter contó en los últimos 7 días y no es de ninguna asignación: alguien conecta tiendas al margen de storelink, o una tienda nunca se pidió.",
    received: "Recibido",
    told: "Según el reloj de Otter",
    type: "Cuenta",
    types: { "stores.upsert": "Tienda conectada", "stores.remove": "Tienda desconectada" },
    localId: "Id local",
    storeId: "Id de la tienda en Otter",
    empty: "Todos los webhooks tenían su asignación",
    emptyDetail: "Nada de lo que Otter contó en los últimos 7 días es desconocido aquí.",
  },
  bulk: {
    open: "Actuar sobre todas estas",
    title: "Actuar sobre todas las que coinciden",
    act: "Qué hacer",
    meaning: {
      reconcile:
        "Mirar cada tienda ahora y corregir lo que no es como se quiere. Lo que otra persona puso puede quitarse.",
      adopt: "Tomar lo que Otter muestra como lo que se quiere. En Otter no cambia nada.",
      disconnect: "Quitar las conexiones en Otter. No llegarán pedidos para estas tiendas.",
    },
    which: "Cuáles",
    filterFirst: "Filtra primero: nadie actúa sobre todo lo que hay.",
    counting: "Contando",
    about: (n: number) =>
      n === 0 ? "Ninguna asignación coincide." : `Se trata de ${counted(n, "asignación", "asignaciones")}.`,
    changed: (n: number) =>
      `El número cambió entretanto: ahora se trata de ${counted(n, "asignación", "asignaciones")}. No se hizo nada.`,
    type: (n: number) => `Escribe ${numbers.format(n)} para confirmar`,
    tooMany: (most: number) => `Se puede actuar como mucho sobre ${numbers.format(most)} a la vez: filtra más.`,
    wrongCount: "Escribe el número que está arriba.",
    confirm: { reconcile: "Reconciliar", adopt: "Adoptar", disconnect: "Desconectar" },
    confirmCount: {
      reconcile: (n: number) => `Reconciliar ${numbers.format(n)}`,
      adopt: (n: number) => `Adoptar ${numbers.format(n)}`,
      disconnect: (n: number) => `Desconectar ${numbers.format(n)}`,
    },
  },
  organizations: {
    title: "Organizaciones",
    search: "Buscar",
    searchHint: "Parte del nombre, al menos 3 caracteres",
    organization: "Organización",
    connected: "Conectadas",
    attention: "Necesitan a alguien",
    busy: "En marcha",
    other: "Otras",
    consent: "Consentimiento",
    consents: { active: "Activo", reauthorization_required: "Terminado", none: "Ninguno" },
    until: "hasta",
    policy: "Desviaciones",
    policies: { report: "Informar", heal: "Corregir", default: "Como la instalación" },
    policyOf: (organization: string) => `Qué se hace con las desviaciones de ${organization}`,
    since: "Desde",
    none: "Ninguna organización coincide",
    noneDetail: "Cambia la búsqueda.",
    empty: "Todavía no ha iniciado sesión ninguna organización",
    emptyDetail: "Aparece aquí cuando alguien de ella inicia sesión por primera vez.",
    change: (organization: string) => `¿Cambiar qué se hace con las desviaciones de ${organization}?`,
    changes: {
      report: "Las conexiones que alguien cambie en Otter se muestran como cambiadas, y una persona decide.",
      heal: "Las conexiones que alguien cambie en Otter se corrigen en la próxima mirada, sin preguntar a nadie. Lo que pusieron allí se quita.",
      default: "Aquí también vale lo que la instalación hace con las desviaciones.",
    },
    confirm: "Cambiar",
    cancel: "Dejarlo como está",
  },
  grants: {
    title: "Consentimientos",
    organization: "Organización",
    state: "Estado",
    states: { active: "Activo", reauthorization_required: "Terminado" },
    scopes: "Permisos",
    expires: "Caduca",
    renewed: "Renovado",
    notRenewable: "no se renueva solo",
    sessions: "Navegadores",
    given: "Dado",
    forget: "Olvidar",
    forgetOf: (organization: string) => `Olvidar este consentimiento de ${organization}`,
    forgetTitle: (organization: string) => `¿Olvidar este consentimiento de ${organization}?`,
    forgetDetail: (sessions: number) =>
      `${sessions === 0 ? "Nadie tiene la sesión iniciada con él." : `Se cerrará la sesión en ${counted(sessions, "navegador", "navegadores")}.`} El trabajo sigue con otro consentimiento de la organización, o espera a que alguien vuelva a iniciar sesión. Esto no se puede deshacer.`,
    confirm: "Olvidarlo",
    cancel: "Conservarlo",
    none: "Ningún consentimiento coincide",
    noneDetail: "Cambia o quita un filtro.",
    empty: "Todavía no ha dado nadie su consentimiento",
    emptyDetail: "Un consentimiento aparece aquí cuando alguien inicia sesión con Otter.",
  },
  runs: {
    title: "Ejecuciones",
    started: "Empezó",
    organization: "Organización",
    actor: "Por",
    state: "Estado",
    stores: "Tiendas",
    result: "Resultado",
    ended: "Terminó",
    none: "Ninguna ejecución coincide",
    noneDetail: "Cambia o quita un filtro.",
    empty: "Todavía no ha habido ejecuciones",
    emptyDetail: "Cada petición de conectar o desconectar tiendas es una ejecución.",
    several: "varias organizaciones",
  },
  run: {
    back: "Ejecuciones",
    title: (stores: number, organization: string) => `${counted(stores, "tienda", "tiendas")} de ${organization}`,
    progress: (done: number, of: number) => `${numbers.format(done)} de ${numbers.format(of)} hechas`,
    waiting: { consent: "Espera consentimiento", upstream: "Espera a Otter" },
    live: "En directo: esta página la sigue",
    by: "por",
    started: "Empezó",
    ended: "terminó",
    cancel: "Cancelar",
    cancelTitle: "¿Cancelar lo que no ha empezado?",
    cancelDetail: (pending: number) =>
      `De ${counted(pending, "tienda", "tiendas")} sin terminar, las que no han empezado quedan como están y las empezadas se terminan. Lo hecho no se deshace.`,
    cancelConfirm: "Cancelar lo que no ha empezado",
    cancelKeep: "Dejar que siga",
    store: "Tienda",
    askedFor: "Pedido",
    disconnect: "desconectar",
    outcome: "Resultado",
    now: "Conectada a",
    detail: "Por qué",
    items: "Tiendas de esta ejecución",
    noItems: "Ninguna tienda de esta ejecución está así",
    noItemsDetail: "Elige otro resultado.",
  },
};
